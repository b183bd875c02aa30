"""Each secret is replaced under a running bot: nothing valid is refused, nobody restarts it, and it asks seldom."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from bot import policies
from bot.settings import Purpose
from infra.local.environment import BOT_TOKEN, CLIENT_ID, SIGNING_SECRET, WEBHOOK_SECRET
from tests.aws import worker_client
from tests.system import ALERTS, ANA, CONNECTIONS, System

pytestmark = pytest.mark.long

WORDS = "The carrier does not know this group."
NEW = "another-value"


class Readings:
    """How often each secret was read."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

    def __call__(self, params: dict[str, Any], **_: Any) -> None:
        self.of[params["SecretId"]] = self.of.get(params["SecretId"], 0) + 1


@pytest.fixture
def readings() -> Iterator[Readings]:
    readings, events = Readings(), worker_client("secretsmanager").meta.events
    events.register("provide-client-params.secrets-manager.GetSecretValue", readings)
    yield readings
    events.unregister("provide-client-params.secrets-manager.GetSecretValue", readings)


@pytest.fixture
def system(readings: Readings) -> Iterator[System]:
    with System() as system:
        system.poll()
        system.notify()
        system.wait(60)
        yield system


def times_read(system: System, readings: Readings, purpose: Purpose) -> int:
    return readings.of.get(str(system.settings.secrets[purpose].id), 0)


def is_answered(system: System) -> bool:
    """Whether the bot accepts the signature of a request from Slack."""
    reply = system.slack.command(ANA, CONNECTIONS, "/noyo", "help")
    return reply.status == 200 and reply.error is None


def forged(url: str, **headers: str) -> int:
    request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def known(system: System) -> str:
    connection_id = system.noyo.add_connection(group_name="Test Company", status="processing")["id"]
    system.settle(30)
    return str(connection_id)


def fails(system: System, connection_id: str) -> None:
    system.noyo.move_connection(connection_id, "unable_to_connect", error=WORDS)


def taken(system: System) -> int:
    """How many writes took effect at Noyo."""
    return sum(write.took_effect for write in system.writes())


def alerts(system: System) -> int:
    return system.seen_in(ALERTS).count(WORDS)


# ---------------------------------------------------------------- the signing secret


def test_the_signing_secret(system: System, readings: Readings) -> None:
    assert is_answered(system)
    system.replaces(Purpose.SLACK_SIGNING, signing_secrets=[SIGNING_SECRET, NEW])
    assert is_answered(system)
    system.wait(policies.SECRET_REREAD_SECONDS)
    system.slack.replace_signing_secret(NEW)
    for _ in range(5):
        assert is_answered(system)
    system.slack.replace_signing_secret(SIGNING_SECRET)  # What was signed before may arrive after.
    assert is_answered(system)
    assert times_read(system, readings, Purpose.SLACK_SIGNING) == 2


def test_the_old_signing_secret_is_of_no_use_once_it_was_taken_out(system: System) -> None:
    system.replaces(Purpose.SLACK_SIGNING, signing_secrets=[SIGNING_SECRET, NEW])
    assert is_answered(system)
    system.replaces(Purpose.SLACK_SIGNING, signing_secrets=[NEW])
    system.wait(policies.SECRET_MAX_AGE_SECONDS)
    assert not is_answered(system)
    system.slack.replace_signing_secret(NEW)
    assert is_answered(system)


def test_a_storm_of_forgeries_changes_nothing_about_it(system: System, readings: Readings) -> None:
    assert is_answered(system)
    url = system.slack.bot_url or ""
    stamp = {"X-Slack-Request-Timestamp": str(int(system.clock())), "X-Slack-Signature": "v0=" + "0" * 64}
    system.wait(policies.SECRET_REREAD_SECONDS)
    assert {forged(url, **stamp) for _ in range(60)} == {401}
    assert times_read(system, readings, Purpose.SLACK_SIGNING) == 2
    system.replaces(Purpose.SLACK_SIGNING, signing_secrets=[SIGNING_SECRET, NEW])
    system.wait(policies.SECRET_REREAD_SECONDS)
    system.slack.replace_signing_secret(NEW)
    assert is_answered(system)


# ---------------------------------------------------------------- the bot's token


def test_the_bots_token(system: System, readings: Readings) -> None:
    connection_id = known(system)
    assert system.asks(ANA).error is None
    system.slack.replace_token("xoxb-new")
    system.replaces(Purpose.SLACK_BOT, bot_token="xoxb-new")
    assert system.asks(ANA, carrier_group_id="2").error is None  # A window is opened with the token.
    fails(system, connection_id)
    system.settle(30)
    assert alerts(system) == 1
    assert times_read(system, readings, Purpose.SLACK_BOT) == 2


def test_what_could_not_be_told_with_a_revoked_token_is_told_with_the_next_one(
    system: System, readings: Readings
) -> None:
    connection_id = known(system)
    system.slack.replace_token("xoxb-new")
    fails(system, connection_id)
    system.settle(600)
    assert alerts(system) == 0
    before = times_read(system, readings, Purpose.SLACK_BOT)
    assert before <= 1 + 600 / policies.SECRET_REREAD_SECONDS
    system.replaces(Purpose.SLACK_BOT, bot_token="xoxb-new")
    system.settle(90)
    assert alerts(system) == 1
    assert system.seen_in(CONNECTIONS).count("Processing → ") == 1


def test_a_restored_bot_token_is_used_again(system: System) -> None:
    """The new one was a mistake."""
    connection_id = known(system)
    system.replaces(Purpose.SLACK_BOT, bot_token="xoxb-mistyped")
    system.wait(policies.SECRET_MAX_AGE_SECONDS)
    fails(system, connection_id)
    system.settle(30)
    assert alerts(system) == 0
    system.replaces(Purpose.SLACK_BOT, bot_token=BOT_TOKEN)
    system.settle(90)
    assert alerts(system) == 1


# ---------------------------------------------------------------- Noyo's client


def test_noyos_client(system: System, readings: Readings) -> None:
    connection_id = known(system)
    system.noyo.replace_client(CLIENT_ID, NEW)
    system.replaces(Purpose.NOYO_CLIENT, client_id=CLIENT_ID, client_secret=NEW)
    fails(system, connection_id)
    system.asks(ANA)
    system.settle(30)
    assert alerts(system) == 1
    assert taken(system) == 1
    assert system.open_operations() == []
    assert times_read(system, readings, Purpose.NOYO_CLIENT) == 2


def test_what_noyo_did_not_let_in_is_sent_once_it_does(system: System) -> None:
    system.noyo.replace_client(CLIENT_ID, NEW)
    system.asks(ANA)
    for _ in range(10):
        system.execute_due()
        system.notify()
        system.wait(60)
    assert taken(system) == 0
    (waiting,) = system.open_operations()
    assert "client id and secret" in (system.operation(waiting).delay_reason or "")
    system.replaces(Purpose.NOYO_CLIENT, client_id=CLIENT_ID, client_secret=NEW)
    system.settle(960)
    assert taken(system) == 1
    assert system.open_operations() == []


# ---------------------------------------------------------------- the webhook secret


def heard(system: System) -> None:
    system.noyo.deliver_webhooks()
    system.execute_due()
    system.notify()


def test_the_webhook_secret(system: System, readings: Readings) -> None:
    connection_id = known(system)
    system.webhooks_begin()
    system.noyo.move_connection(connection_id, "waiting_on_carrier")
    heard(system)
    system.replaces(Purpose.NOYO_WEBHOOK, webhook_secrets=[WEBHOOK_SECRET, NEW])
    system.wait(policies.SECRET_REREAD_SECONDS)
    # Both for a while, then the new one alone; and a straggler that was signed with the old one.
    for secrets in ((WEBHOOK_SECRET, NEW), (NEW,), (WEBHOOK_SECRET,), (NEW,)):
        system.noyo.webhooks.secrets = secrets
        system.noyo.move_connection(connection_id, "noyo_review" if secrets[-1] == NEW else "waiting_on_carrier")
        system.noyo.webhooks.record("group_connection_request.status_change", connection_id, system.clock())
        heard(system)
        system.wait(1)
    fails(system, connection_id)
    heard(system)
    assert {answer for event in system.noyo.webhooks.events for answer in event.answers} == {200}
    assert alerts(system) == 1
    assert times_read(system, readings, Purpose.NOYO_WEBHOOK) == 2


def test_what_was_signed_with_a_key_that_nobody_had_told_us_comes_again(system: System, readings: Readings) -> None:
    connection_id = known(system)
    system.webhooks_begin()
    system.noyo.webhooks.secrets = (NEW,)
    fails(system, connection_id)
    heard(system)
    assert alerts(system) == 0
    system.replaces(Purpose.NOYO_WEBHOOK, webhook_secrets=[NEW])
    system.wait(60)
    heard(system)
    assert system.noyo.webhooks.events[-1].answers == [401, 200]
    assert alerts(system) == 1


def test_a_storm_of_forged_webhooks_reads_the_secret_once(system: System, readings: Readings) -> None:
    known(system)
    system.webhooks_begin()
    began = time.monotonic()
    stamp = {"X-Noyo-Timestamp": "2026-01-01T00:00:00+00:00", "X-Noyo-Signature": "0" * 64}
    assert {forged(system.webhook_url, **stamp) for _ in range(60)} == {401}
    assert time.monotonic() - began < 30
    assert times_read(system, readings, Purpose.NOYO_WEBHOOK) == 1
    assert system.open_operations() == []
