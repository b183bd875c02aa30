"""infra/cost: what of the stack costs whether or not anything happens: read from template.yaml."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MONTH_SECONDS = 30.4 * 86_400


@dataclass(frozen=True, slots=True)
class Standing:
    alarms: int
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
        alarms=kinds["AWS::CloudWatch::Alarm"] + kinds["AWS::CloudWatch::CompositeAlarm"],
        dashboards=kinds["AWS::CloudWatch::Dashboard"],
        keys=kinds["AWS::KMS::Key"],
        secrets=kinds["AWS::SecretsManager::Secret"],
        functions=kinds["AWS::Serverless::Function"],
        scheduled_calls=minutely * MONTH_SECONDS / 60,
    )
