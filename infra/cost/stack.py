"""The resources in template.yaml that have a fixed monthly cost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MONTH_SECONDS = 30.4 * 86_400


@dataclass(frozen=True, slots=True)
class StackResources:
    alarm_metrics: int
    """AWS bills each metric of each alarm."""
    dashboards: int
    keys: int
    secrets: int
    functions: int
    scheduled_calls: float
    """Invocations by all schedules in a month, with the default parameters."""


def read_stack(template: Mapping[str, Any]) -> StackResources:
    resources: Mapping[str, Any] = template["Resources"]
    kinds = Counter(resource["Type"] for resource in resources.values())
    minutely = sum(
        1
        for resource in resources.values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] in ("Schedule", "ScheduleV2")
    )
    return StackResources(
        alarm_metrics=sum(
            _metrics(resource["Properties"])
            for resource in resources.values()
            if resource["Type"] == "AWS::CloudWatch::Alarm"
        ),
        dashboards=kinds["AWS::CloudWatch::Dashboard"],
        keys=kinds["AWS::KMS::Key"],
        secrets=kinds["AWS::SecretsManager::Secret"],
        functions=kinds["AWS::Serverless::Function"],
        scheduled_calls=minutely * MONTH_SECONDS / 60,
    )


def _metrics(alarm: Mapping[str, Any]) -> int:
    return sum("MetricStat" in metric for metric in alarm["Metrics"]) if "Metrics" in alarm else 1
