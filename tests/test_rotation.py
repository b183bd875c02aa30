"""Rotation of each secret while the bot runs: valid requests are accepted without a restart, and reads are rare."""

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

ERROR_TEXT = "The carrier does not know this group."
NEW = "another-value"


class ReadCounts:
    """Counts how often each secret was read."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def __call__(self, params: dict[str, Any], **_: Any) -> None:
        self.counts[params["SecretId"]] = self.counts.get(params["SecretId"], 0) + 1


@pytest.fixture
def read_counts() -> Iterator[ReadCounts]:
    read_counts, events = ReadCounts(), worker_client("secretsmanager").meta.events
    events.register("provide-client-params.secrets-manager.GetSecretValue", read_counts)
    yield read_counts
    events.unregister("provide-client-params.secrets-manager.GetSecretValue", read_counts)


@pytest.fixture
def system(read_counts: ReadCounts) -> Iterator[System]:
    with System() as system:
        system.poll()
        system.notify()
        system.wait(60)
        yield system


def read_count(system: System, read_counts: ReadCounts, purpose: Purpose) -> int:
    return read_counts.counts.get(str(system.settings.secrets[purpose].id), 0)


def is_answered(system: System) -> bool:
    """Whether the bot accepts the signature of a request from Slack."""
    reply = system.slack.command(ANA, CONNECTIONS, "/noyo", "help")
    return reply.status == 200 and reply.error is None


def post_forged(url: str, **headers: str) -> int:
    request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def add_connection(system: System) -> str:
    connection_id = system.noyo.add_connection(group_name="Test Company", status="processing")["id"]
    system.settle(30)
    return str(connection_id)


def fail(system: System, connection_id: str) -> None:
    system.noyo.move_connection(connection_id, "unable_to_connect", error=ERROR_TEXT)


def effective_writes(system: System) -> int:
    """How many writes took effect at Noyo."""
    return sum(write.took_effect for write in system.writes())


def alerts(system: System) -> int:
    return system.read_channel(ALERTS).count(ERROR_TEXT)


# ---------------------------------------------------------------- the signing secret


def test_a_rotated_signing_secret_is_accepted_without_a_restart(system: System, read_counts: ReadCounts) -> None:
    assert is_answered(system)
    system.replace_secret(Purpose.SLACK_SIGNING, signing_secrets=[SIGNING_SECRET, NEW])
    assert is_answered(system)
    system.wait(policies.SECRET_REREAD_SECONDS)
    system.slack.replace_signing_secret(NEW)
    for _ in range(5):
        assert is_answered(system)
    system.slack.replace_signing_secret(SIGNING_SECRET)  # A request signed before the change may arrive after it.
    assert is_answered(system)
    assert read_count(system, read_counts, Purpose.SLACK_SIGNING) == 2


def test_a_removed_signing_secret_is_rejected(system: System) -> None:
    system.replace_secret(Purpose.SLACK_SIGNING, signing_secrets=[SIGNING_SECRET, NEW])
    assert is_answered(system)
    system.replace_secret(Purpose.SLACK_SIGNING, signing_secrets=[NEW])
    system.wait(policies.SECRET_MAX_AGE_SECONDS)
    assert not is_answered(system)
    system.slack.replace_signing_secret(NEW)
    assert is_answered(system)


def test_many_forged_requests_cause_few_reads_of_the_signing_secret(system: System, read_counts: ReadCounts) -> None:
    assert is_answered(system)
    url = system.slack.bot_url or ""
    stamp = {"X-Slack-Request-Timestamp": str(int(system.clock())), "X-Slack-Signature": "v0=" + "0" * 64}
    system.wait(policies.SECRET_REREAD_SECONDS)
    assert {post_forged(url, **stamp) for _ in range(60)} == {401}
    assert read_count(system, read_counts, Purpose.SLACK_SIGNING) == 2
    system.replace_secret(Purpose.SLACK_SIGNING, signing_secrets=[SIGNING_SECRET, NEW])
    system.wait(policies.SECRET_REREAD_SECONDS)
    system.slack.replace_signing_secret(NEW)
    assert is_answered(system)


# ---------------------------------------------------------------- the bot's token


def test_a_rotated_bot_token_is_used_without_a_restart(system: System, read_counts: ReadCounts) -> None:
    connection_id = add_connection(system)
    assert system.request_connection(ANA).error is None
    system.slack.replace_token("xoxb-new")
    system.replace_secret(Purpose.SLACK_BOT, bot_token="xoxb-new")
    assert system.request_connection(ANA, carrier_group_id="2").error is None  # Opening a view needs the token.
    fail(system, connection_id)
    system.settle(30)
    assert alerts(system) == 1
    assert read_count(system, read_counts, Purpose.SLACK_BOT) == 2


def test_an_alert_that_failed_with_a_revoked_token_is_posted_with_the_next_token(
    system: System, read_counts: ReadCounts
) -> None:
    connection_id = add_connection(system)
    system.slack.replace_token("xoxb-new")
    fail(system, connection_id)
    system.settle(600)
    assert alerts(system) == 0
    before = read_count(system, read_counts, Purpose.SLACK_BOT)
    assert before <= 1 + 600 / policies.SECRET_REREAD_SECONDS
    system.replace_secret(Purpose.SLACK_BOT, bot_token="xoxb-new")
    system.settle(90)
    assert alerts(system) == 1
    assert system.read_channel(CONNECTIONS).count("Processing → ") == 1


def test_a_restored_bot_token_is_used_again(system: System) -> None:
    """The new token was a mistake."""
    connection_id = add_connection(system)
    system.replace_secret(Purpose.SLACK_BOT, bot_token="xoxb-mistyped")
    system.wait(policies.SECRET_MAX_AGE_SECONDS)
    fail(system, connection_id)
    system.settle(30)
    assert alerts(system) == 0
    system.replace_secret(Purpose.SLACK_BOT, bot_token=BOT_TOKEN)
    system.settle(90)
    assert alerts(system) == 1


# ---------------------------------------------------------------- Noyo's client


def test_a_rotated_noyo_client_secret_is_used_without_a_restart(system: System, read_counts: ReadCounts) -> None:
    connection_id = add_connection(system)
    system.noyo.replace_client(CLIENT_ID, NEW)
    system.replace_secret(Purpose.NOYO_CLIENT, client_id=CLIENT_ID, client_secret=NEW)
    fail(system, connection_id)
    system.request_connection(ANA)
    system.settle(30)
    assert alerts(system) == 1
    assert effective_writes(system) == 1
    assert system.open_operations() == []
    assert read_count(system, read_counts, Purpose.NOYO_CLIENT) == 2


def test_a_request_that_noyo_rejected_for_its_credentials_is_sent_with_the_new_secret(system: System) -> None:
    system.noyo.replace_client(CLIENT_ID, NEW)
    system.request_connection(ANA)
    for _ in range(10):
        system.execute_due()
        system.notify()
        system.wait(60)
    assert effective_writes(system) == 0
    (waiting,) = system.open_operations()
    assert "client id and secret" in (system.operation(waiting).delay_reason or "")
    system.replace_secret(Purpose.NOYO_CLIENT, client_id=CLIENT_ID, client_secret=NEW)
    system.settle(960)
    assert effective_writes(system) == 1
    assert system.open_operations() == []


# ---------------------------------------------------------------- the webhook secret


def deliver(system: System) -> None:
    system.noyo.deliver_webhooks()
    system.execute_due()
    system.notify()


def test_a_rotated_webhook_secret_is_accepted_without_a_restart(system: System, read_counts: ReadCounts) -> None:
    connection_id = add_connection(system)
    system.start_webhooks()
    system.noyo.move_connection(connection_id, "waiting_on_carrier")
    deliver(system)
    system.replace_secret(Purpose.NOYO_WEBHOOK, webhook_secrets=[WEBHOOK_SECRET, NEW])
    system.wait(policies.SECRET_REREAD_SECONDS)
    # Both secrets, then the new one alone, and one late webhook that was signed with the old one.
    for secrets in ((WEBHOOK_SECRET, NEW), (NEW,), (WEBHOOK_SECRET,), (NEW,)):
        system.noyo.webhooks.secrets = secrets
        system.noyo.move_connection(connection_id, "noyo_review" if secrets[-1] == NEW else "waiting_on_carrier")
        system.noyo.webhooks.record("group_connection_request.status_change", connection_id, system.clock())
        deliver(system)
        system.wait(1)
    fail(system, connection_id)
    deliver(system)
    assert {answer for event in system.noyo.webhooks.events for answer in event.answers} == {200}
    assert alerts(system) == 1
    assert read_count(system, read_counts, Purpose.NOYO_WEBHOOK) == 2


def test_a_webhook_signed_with_an_unknown_secret_is_delivered_again(system: System, read_counts: ReadCounts) -> None:
    connection_id = add_connection(system)
    system.start_webhooks()
    system.noyo.webhooks.secrets = (NEW,)
    fail(system, connection_id)
    deliver(system)
    assert alerts(system) == 0
    system.replace_secret(Purpose.NOYO_WEBHOOK, webhook_secrets=[NEW])
    system.wait(60)
    deliver(system)
    assert system.noyo.webhooks.events[-1].answers == [401, 200]
    assert alerts(system) == 1


def test_many_forged_webhooks_cause_one_read_of_the_secret(system: System, read_counts: ReadCounts) -> None:
    add_connection(system)
    system.start_webhooks()
    started = time.monotonic()
    stamp = {"X-Noyo-Timestamp": "2026-01-01T00:00:00+00:00", "X-Noyo-Signature": "0" * 64}
    assert {post_forged(system.webhook_url, **stamp) for _ in range(60)} == {401}
    assert time.monotonic() - started < 30
    assert read_count(system, read_counts, Purpose.NOYO_WEBHOOK) == 1
    assert system.open_operations() == []
