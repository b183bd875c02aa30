"""What the workers found out about their surroundings, the last time they looked."""

from __future__ import annotations

from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item, Value
from bot.dynamodb.expressions import Put
from bot.dynamodb.items import item_at, maybe_number, maybe_text, number, read_item, text, texts, without_none
from bot.dynamodb.table import Table


class DynamoHealthRepository:
    """`bot.usecases.ports.storage.KeepsCheckups` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def health_check(self, component: Component) -> HealthCheck | None:
        item = self._table.get(keys.health_check(component))
        return read_item(item, _checkup_from) if item else None

    def save(self, health_check: HealthCheck) -> None:
        findings: list[Value] = [_finding_map(finding) for finding in health_check.findings]
        item = item_at(
            keys.health_check(health_check.component),
            component=health_check.component.value,
            at=health_check.at,
            findings=findings,
        )
        self._table.write([Put(item)])


def _checkup_from(item: Item) -> HealthCheck:
    held = item["findings"]
    if not isinstance(held, list):
        raise TypeError("findings are no list")
    findings = tuple(_finding(one) for one in held)
    return HealthCheck(Component(text(item, "component")), number(item, "at"), findings)


def _finding_map(finding: Finding) -> Item:
    about: list[Value] = [*finding.affected]
    return without_none(
        {
            "topic": finding.topic.value,
            "verdict": finding.status.value,
            "about": about,
            "number": finding.value,
            "why": finding.reason,
            "raised": finding.check_failed,
        }
    )


def _finding(held: Value) -> Finding:
    if not isinstance(held, dict):
        raise TypeError("a finding is a map")
    return Finding(
        topic=Topic(text(held, "topic")),
        status=CheckStatus(text(held, "verdict")),
        affected=tuple(texts(held, "about")),
        value=maybe_number(held, "number"),
        reason=maybe_text(held, "why"),
        check_failed=held.get("raised") is True,
    )
