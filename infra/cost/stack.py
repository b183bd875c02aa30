"""infra/cost: what of the stack costs whether or not anything happens: read from template.yaml."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MONTH_SECONDS = 30.4 * 86_400


@dataclass(frozen=True, slots=True)
class Standing:
    watched: int
    """Metrics that alarms look at, each once for every alarm that does: these are what is paid for."""
    dashboards: int
    keys: int
    secrets: int
    functions: int
    scheduled_calls: float
    """A month, of all schedules, as the parameters' defaults have it."""


def standing(template: Mapping[str, Any]) -> Standing:
    resources: Mapping[str, Any] = template["Resources"]
    kinds = Counter(resource["Type"] for resource in resources.values())
    minutely = sum(
        1
        for resource in resources.values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] in ("Schedule", "ScheduleV2")
    )
    return Standing(
        watched=sum(
            _watched(resource["Properties"])
            for resource in resources.values()
            if resource["Type"] == "AWS::CloudWatch::Alarm"
        ),
        dashboards=kinds["AWS::CloudWatch::Dashboard"],
        keys=kinds["AWS::KMS::Key"],
        secrets=kinds["AWS::SecretsManager::Secret"],
        functions=kinds["AWS::Serverless::Function"],
        scheduled_calls=minutely * MONTH_SECONDS / 60,
    )


def _watched(alarm: Mapping[str, Any]) -> int:
    return sum("MetricStat" in one for one in alarm["Metrics"]) if "Metrics" in alarm else 1
