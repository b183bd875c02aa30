"""End to end with random faults of Noyo and Slack: afterwards nothing is lost or duplicated, and cards are current."""

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
NOYO_FAULTS = ("reset_before", "reset_after", "truncated", "error_before", "error_after", "too_many", "garbage")
SLACK_FAULTS = (Kind.RESET_BEFORE, Kind.RESET_AFTER, Kind.TRUNCATED, Kind.RATE_LIMITED, Kind.SERVER_ERROR)
SECRET = re.compile(r"123456789|123-45-6789")


def add_faults(system: System, random: Random) -> None:
    system.noyo.faults.add(Fault(random.choice(NOYO_FAULTS), method="POST"))
    for method in ("chat.postMessage", "chat.postMessage", "chat.update"):
        system.slack.faults.add(SlackFault(random.choice(SLACK_FAULTS), method, seconds=1))


def request_connections_with_faults(system: System, random: Random) -> None:
    for number in range(COMPANIES):
        system.noyo.script(f"G{number}", [(20, "processing"), (40, "unable_to_connect", "SSN 123-45-6789")])
        add_faults(system, random)
        submission = system.request_connection(
            random.choice((ANA, BEN)), carrier_group_id=f"G{number}", group_name=f"Company {number}"
        )
        system.slack.resend(ANA, submission)
        if random.random() < 0.5:
            system.restart()
        system.settle(10)


def table_text(system: System) -> str:
    """All items of the table as text."""
    pages = worker_client("dynamodb").get_paginator("scan").paginate(TableName=system.settings.aws.table)
    return json.dumps([item for page in pages for item in page["Items"]], default=str)


@pytest.mark.parametrize("seed", [2])
def test_after_random_faults_each_request_card_and_alert_exists_once_and_is_current(seed: int) -> None:
    with System() as system:
        system.settle(5)
        request_connections_with_faults(system, Random(seed))
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
            reply_keys = [json.dumps(reply.metadata, sort_keys=True) for reply in card.thread]
            assert len(reply_keys) == len(set(reply_keys)), "each reply is posted once"
        alerts = [system.slack.render(alert) for alert in system.slack.channel("C0ALERTS")]
        assert Counter(alert.splitlines()[0] for alert in alerts if "Unable" in alert) == {
            f"# Unable to connect: Company {number}": 1 for number in range(COMPANIES)
        }
        assert SECRET.search(table_text(system)) is None
        assert SECRET.search(json.dumps([call.args for call in system.slack.calls], default=str)) is None
