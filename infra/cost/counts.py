"""The AWS usage of one event of each kind, as tests/infra/cost/measuring.py measures it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

MEASURED = Path(__file__).with_name("measured.json")


@dataclass(frozen=True, slots=True)
class Counts:
    """Units are DynamoDB's; bytes are those of permanent items, of expiring items, and of log lines."""

    invocations: float = 0
    read_units: float = 0
    write_units: float = 0
    dynamodb_calls: float = 0
    kms_calls: float = 0
    noyo_calls: float = 0
    slack_calls: float = 0
    requests: float = 0
    permanent_bytes: float = 0
    expiring_bytes: float = 0
    log_bytes: float = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))

    def __mul__(self, times: float) -> "Counts":
        return Counts(*(getattr(self, f.name) * times for f in fields(Counts)))


def read_measured(path: Path = MEASURED) -> dict[str, Counts]:
    """The counts by kind of event."""
    content: Mapping[str, Mapping[str, float]] = json.loads(path.read_text("utf-8"))
    return {name: Counts(**counts) for name, counts in content.items()}


def write_measured(measured: Mapping[str, Counts], path: Path = MEASURED) -> None:
    content = {
        name: {key: round(value, 2) for key, value in asdict(counts).items() if value}
        for name, counts in measured.items()
    }
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
