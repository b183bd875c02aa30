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
from tests.world import ALERTS, ANA, CONNECTIONS, World

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
    noting, events = Readings(), worker_client("secretsmanager").meta.events
    events.register("provide-client-params.secrets-manager.GetSecretValue", noting)
    yield noting
    events.unregister("provide-client-params.secrets-manager.GetSecretValue", noting)


@pytest.fixture
def world(readings: Readings) -> Iterator[World]:
    with World() as made:
        made.poll()
        made.notify()
        made.wait(60)
        yield made


def times_read(world: World, readings: Readings, purpose: Purpose) -> int:
    return readings.of.get(str(world.settings.secrets[purpose].id), 0)


def is_answered(world: World) -> bool:
    """Whether the bot knows the person's request for Slack's."""
    reply = world.slack.command(ANA, CONNECTIONS, "/noyo", "help")
    return reply.status == 200 and reply.error is None


def forged(url: str, **headers: str) -> int:
    request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def known(world: World) -> str:
    made = world.noyo.add_connection(group_name="Test Company", status="processing")["id"]
    world.settle(30)
    return str(made)


def fails(world: World, connection_id: str) -> None:
    world.noyo.move_connection(connection_id, "unable_to_connect", error=WORDS)


def taken(world: World) -> int:
    """How many writes took effect at Noyo."""
    return sum(write.took_effect for write in world.writes())


def alerts(world: World) -> int:
    return world.seen_in(ALERTS).count(WORDS)


# ---------------------------------------------------------------- the signing secret


def test_the_signing_secret(world: World, readings: Readings) -> None:
    assert is_answered(world)
    world.replaces(Purpose.SLACK_SIGNING, signing_secrets=[SIGNING_SECRET, NEW])
    assert is_answered(world)
    world.wait(policies.SECRET_REREAD_SECONDS)
    world.slack.replace_signing_secret(NEW)
    for _ in range(5):
        assert is_answered(world)
    world.slack.replace_signing_secret(SIGNING_SECRET)  # What was signed before may arrive after.
    assert is_answered(world)
    assert times_read(world, readings, Purpose.SLACK_SIGNING) == 2


def test_the_old_signing_secret_is_of_no_use_once_it_was_taken_out(world: World) -> None:
    world.replaces(Purpose.SLACK_SIGNING, signing_secrets=[SIGNING_SECRET, NEW])
    assert is_answered(world)
    world.replaces(Purpose.SLACK_SIGNING, signing_secrets=[NEW])
    world.wait(policies.SECRET_MAX_AGE_SECONDS)
    assert not is_answered(world)
    world.slack.replace_signing_secret(NEW)
    assert is_answered(world)


def test_a_storm_of_forgeries_changes_nothing_about_it(world: World, readings: Readings) -> None:
    assert is_answered(world)
    url = world.slack.bot_url or ""
    stamp = {"X-Slack-Request-Timestamp": str(int(world.clock())), "X-Slack-Signature": "v0=" + "0" * 64}
    world.wait(policies.SECRET_REREAD_SECONDS)
    assert {forged(url, **stamp) for _ in range(60)} == {401}
    assert times_read(world, readings, Purpose.SLACK_SIGNING) == 2
    world.replaces(Purpose.SLACK_SIGNING, signing_secrets=[SIGNING_SECRET, NEW])
    world.wait(policies.SECRET_REREAD_SECONDS)
    world.slack.replace_signing_secret(NEW)
    assert is_answered(world)


# ---------------------------------------------------------------- the bot's token


def test_the_bots_token(world: World, readings: Readings) -> None:
    one = known(world)
    assert world.asks(ANA).error is None
    world.slack.replace_token("xoxb-new")
    world.replaces(Purpose.SLACK_BOT, bot_token="xoxb-new")
    assert world.asks(ANA, carrier_group_id="2").error is None  # A window is opened with the token.
    fails(world, one)
    world.settle(30)
    assert alerts(world) == 1
    assert times_read(world, readings, Purpose.SLACK_BOT) == 2


def test_what_could_not_be_told_with_a_revoked_token_is_told_with_the_next_one(
    world: World, readings: Readings
) -> None:
    one = known(world)
    world.slack.replace_token("xoxb-new")
    fails(world, one)
    world.settle(600)
    assert alerts(world) == 0
    before = times_read(world, readings, Purpose.SLACK_BOT)
    assert before <= 1 + 600 / policies.SECRET_REREAD_SECONDS
    world.replaces(Purpose.SLACK_BOT, bot_token="xoxb-new")
    world.settle(90)
    assert alerts(world) == 1
    assert world.seen_in(CONNECTIONS).count("Processing → ") == 1


def test_a_bot_token_that_is_put_back_is_found_again(world: World) -> None:
    """The new one was a mistake."""
    one = known(world)
    world.replaces(Purpose.SLACK_BOT, bot_token="xoxb-mistyped")
    world.wait(policies.SECRET_MAX_AGE_SECONDS)
    fails(world, one)
    world.settle(30)
    assert alerts(world) == 0
    world.replaces(Purpose.SLACK_BOT, bot_token=BOT_TOKEN)
    world.settle(90)
    assert alerts(world) == 1


# ---------------------------------------------------------------- Noyo's client


def test_noyos_client(world: World, readings: Readings) -> None:
    one = known(world)
    world.noyo.replace_client(CLIENT_ID, NEW)
    world.replaces(Purpose.NOYO_CLIENT, client_id=CLIENT_ID, client_secret=NEW)
    fails(world, one)
    world.asks(ANA)
    world.settle(30)
    assert alerts(world) == 1
    assert taken(world) == 1
    assert world.open_operations() == []
    assert times_read(world, readings, Purpose.NOYO_CLIENT) == 2


def test_what_noyo_did_not_let_in_is_sent_once_it_does(world: World) -> None:
    world.noyo.replace_client(CLIENT_ID, NEW)
    world.asks(ANA)
    for _ in range(10):
        world.carry_out()
        world.notify()
        world.wait(60)
    assert taken(world) == 0
    (waiting,) = world.open_operations()
    assert "client id and secret" in (world.operation(waiting).delay_reason or "")
    world.replaces(Purpose.NOYO_CLIENT, client_id=CLIENT_ID, client_secret=NEW)
    world.settle(960)
    assert taken(world) == 1
    assert world.open_operations() == []


# ---------------------------------------------------------------- the webhook secret


def heard(world: World) -> None:
    world.noyo.deliver_webhooks()
    world.carry_out()
    world.notify()


def test_the_webhook_secret(world: World, readings: Readings) -> None:
    one = known(world)
    world.webhooks_begin()
    world.noyo.move_connection(one, "waiting_on_carrier")
    heard(world)
    world.replaces(Purpose.NOYO_WEBHOOK, webhook_secrets=[WEBHOOK_SECRET, NEW])
    world.wait(policies.SECRET_REREAD_SECONDS)
    # Both for a while, then the new one alone; and a straggler that was signed with the old one.
    for secrets in ((WEBHOOK_SECRET, NEW), (NEW,), (WEBHOOK_SECRET,), (NEW,)):
        world.noyo.webhooks.secrets = secrets
        world.noyo.move_connection(one, "noyo_review" if secrets[-1] == NEW else "waiting_on_carrier")
        world.noyo.webhooks.record("group_connection_request.status_change", one, world.clock())
        heard(world)
        world.wait(1)
    fails(world, one)
    heard(world)
    assert {answer for event in world.noyo.webhooks.events for answer in event.answers} == {200}
    assert alerts(world) == 1
    assert times_read(world, readings, Purpose.NOYO_WEBHOOK) == 2


def test_what_was_signed_with_a_key_that_nobody_had_told_us_comes_again(
    world: World, readings: Readings
) -> None:
    one = known(world)
    world.webhooks_begin()
    world.noyo.webhooks.secrets = (NEW,)
    fails(world, one)
    heard(world)
    assert alerts(world) == 0
    world.replaces(Purpose.NOYO_WEBHOOK, webhook_secrets=[NEW])
    world.wait(60)
    heard(world)
    assert world.noyo.webhooks.events[-1].answers == [401, 200]
    assert alerts(world) == 1


def test_a_storm_of_forged_webhooks_reads_the_secret_once(world: World, readings: Readings) -> None:
    known(world)
    world.webhooks_begin()
    began = time.monotonic()
    stamp = {"X-Noyo-Timestamp": "2026-01-01T00:00:00+00:00", "X-Noyo-Signature": "0" * 64}
    assert {forged(world.webhook_url, **stamp) for _ in range(60)} == {401}
    assert time.monotonic() - began < 30
    assert times_read(world, readings, Purpose.NOYO_WEBHOOK) == 1
    assert world.open_operations() == []
