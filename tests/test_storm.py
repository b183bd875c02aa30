"""Whole Switchboard, random trouble on both sides: once the storm is over, nothing is lost, doubled or untrue."""

from __future__ import annotations

import json
import re
from collections import Counter
from random import Random

import pytest

from infra.local.noyo.faults import Fault
from infra.local.slack.faults import Fault as SlackFault
from infra.local.slack.faults import Kind
from tests.aws import worker_client
from tests.system import ANA, BEN, CONNECTIONS, System

pytestmark = pytest.mark.long

COMPANIES = 4
NOYOS_TROUBLE = ("reset_before", "reset_after", "truncated", "error_before", "error_after", "too_many", "garbage")
SLACKS_TROUBLE = (Kind.RESET_BEFORE, Kind.RESET_AFTER, Kind.TRUNCATED, Kind.RATE_LIMITED, Kind.SERVER_ERROR)
SECRET = re.compile(r"123456789|123-45-6789")


def trouble(system: System, random: Random) -> None:
    system.noyo.faults.add(Fault(random.choice(NOYOS_TROUBLE), method="POST"))
    for method in ("chat.postMessage", "chat.postMessage", "chat.update"):
        system.slack.faults.add(SlackFault(random.choice(SLACKS_TROUBLE), method, seconds=1))


def storm(system: System, random: Random) -> None:
    for number in range(COMPANIES):
        system.noyo.script(f"G{number}", [(20, "processing"), (40, "unable_to_connect", "SSN 123-45-6789")])
        trouble(system, random)
        reply = system.asks(random.choice((ANA, BEN)), carrier_group_id=f"G{number}", group_name=f"Company {number}")
        system.slack.resend(ANA, reply)
        if random.random() < 0.5:
            system.restart()
        system.settle(10)


def items(system: System) -> str:
    """Everything that the table holds."""
    pages = worker_client("dynamodb").get_paginator("scan").paginate(TableName=system.settings.aws.table)
    return json.dumps([item for page in pages for item in page["Items"]], default=str)


@pytest.mark.parametrize("seed", [2])
def test_after_a_storm_all_is_there_once_and_true(seed: int) -> None:
    with System() as system:
        system.settle(5)
        storm(system, Random(seed))
        system.noyo.faults.clear()
        system.slack.faults.clear()
        for _ in range(20):
            system.settle(5)
            system.wait(60)

        sent = [seen.body for seen in system.writes() if seen.method == "POST" and seen.took_effect]
        assert Counter(body["group_data"]["carrier_group_id"] for body in sent) == {
            f"G{number}": 1 for number in range(COMPANIES)
        }
        assert system.open_operations() == []
        assert system.bot.repositories.outbox.due(int(system.clock()) + 10**9, limit=10) == []
        cards = system.slack.channel(CONNECTIONS)
        titles = Counter(system.slack.render(card).splitlines()[0] for card in cards)
        assert titles == {f"# Company {number} · Guardian": 1 for number in range(COMPANIES)}
        for card in cards:
            assert "**Status:** Unable to connect" in system.slack.render(card)
            marks = [json.dumps(line.metadata, sort_keys=True) for line in card.thread]
            assert len(marks) == len(set(marks)), "each line is there once"
        alerts = [system.slack.render(alert) for alert in system.slack.channel("C0ALERTS")]
        assert Counter(alert.splitlines()[0] for alert in alerts if "Unable" in alert) == {
            f"# Unable to connect: Company {number}": 1 for number in range(COMPANIES)
        }
        assert SECRET.search(items(system)) is None
        assert SECRET.search(json.dumps([call.args for call in system.slack.calls], default=str)) is None
