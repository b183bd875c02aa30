"""Store: what the workers found out about their surroundings, the last time they looked."""

from __future__ import annotations

from bot.domain.checkups import Checkup, Finding, Topic, Verdict, Ward
from bot.store import keys
from bot.store.items import item_at, maybe_number, maybe_text, number, read_item, text, texts, without_none
from bot.store.table import Table
from bot.store.typed import Item, Value
from bot.store.writes import Put


class CheckupStore:
    """`bot.ports.KeepsCheckups` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def checkup(self, ward: Ward) -> Checkup | None:
        item = self._table.get(keys.checkup(ward))
        return read_item(item, _checkup_from) if item else None

    def keep(self, checkup: Checkup) -> None:
        findings: list[Value] = [_finding_map(finding) for finding in checkup.findings]
        item = item_at(keys.checkup(checkup.ward), ward=checkup.ward.value, at=checkup.at, findings=findings)
        self._table.write([Put(item)])


def _checkup_from(item: Item) -> Checkup:
    held = item["findings"]
    if not isinstance(held, list):
        raise TypeError("findings are no list")
    findings = tuple(_finding(one) for one in held)
    return Checkup(Ward(text(item, "ward")), number(item, "at"), findings)


def _finding_map(finding: Finding) -> Item:
    about: list[Value] = [*finding.about]
    return without_none(
        {
            "topic": finding.topic.value,
            "verdict": finding.verdict.value,
            "about": about,
            "number": finding.number,
            "why": finding.why,
            "raised": finding.raised,
        }
    )


def _finding(held: Value) -> Finding:
    if not isinstance(held, dict):
        raise TypeError("a finding is a map")
    return Finding(
        topic=Topic(text(held, "topic")),
        verdict=Verdict(text(held, "verdict")),
        about=tuple(texts(held, "about")),
        number=maybe_number(held, "number"),
        why=maybe_text(held, "why"),
        raised=held.get("raised") is True,
    )
