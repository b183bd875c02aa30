"""Slack room tests: one deadline a request, whatever its time is spent on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from typing import Any

import pytest

from bot.bootstrap import Deployment
from bot.dynamodb import RECEIVER
from bot.settings import PARTS, SecretAt, Settings
from bot.slack.api.client import LAST_WORD_SECONDS
from bot.slack.deadline import REQUEST_SECONDS, Deadline
from bot.slack.views import buttons
from infra.local import environment as local
from tests.aws import worker_client
from tests.slack.incoming import a_world, begin, event, known, payload, presses, typed, window
from tests.world import ANA, REQUEST, VirtualClock, World

LOOKS_AT_THE_DOOR = 2
"""When it begins, and how old the signature is."""
TOO_LONG = "That took too long and was stopped. It may be on its way all the same."


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    yield from a_world()


@pytest.fixture
def world(shared: World) -> World:
    begin(shared)
    return shared


def test_time_runs_from_when_the_request_came_and_only_while_it_is_served() -> None:
    clock = VirtualClock()
    deadline = Deadline(clock, seconds=2)
    assert deadline.left() == inf
    with deadline.running():
        clock.sleep(0.5)
        assert deadline.left() == 1.5
        clock.sleep(3)
        assert deadline.left() == -1.5
    assert deadline.left() == inf


def test_two_requests_at_once_have_each_their_own_time() -> None:
    clock = VirtualClock()
    deadline = Deadline(clock, seconds=2)
    seen: list[float] = []

    def later() -> None:
        with deadline.running():
            seen.append(deadline.left())

    with deadline.running():
        clock.sleep(1)
        other = threading.Thread(target=later)
        other.start()
        other.join()
        seen.append(deadline.left())
    assert seen == [2, 1]


def test_what_is_begun_in_time_ends_before_slack_gives_up() -> None:
    """A read begins only where it fits; what may come on top is a connection to be made first, or the last word."""
    assert RECEIVER.read < REQUEST_SECONDS
    assert REQUEST_SECONDS + RECEIVER.connect < 3
    assert REQUEST_SECONDS + LAST_WORD_SECONDS < 3


class Slow:
    """A clock by which everything that is waited for costs as much: each look at it."""

    def __init__(self, world: World, step: float) -> None:
        self._world, self._step = world, step

    def __call__(self) -> float:
        self._world.clock.now += self._step
        return self._world.clock.now


def slow_door(world: World, step: float) -> Any:
    """The receiver as wiring builds it, where everything takes this long."""
    return Deployment(secrets_known(world), clock=Slow(world, step), lean_clients=False).slack_endpoint


@contextmanager
def slow_aws(world: World, seconds: float) -> Iterator[list[str]]:
    """Each answer of AWS's takes this long, and nothing else takes any time; the calls, in order."""
    calls: list[str] = []

    def wait(model: Any, **_: Any) -> None:
        calls.append(model.name)
        world.clock.sleep(seconds)

    clients = [worker_client(service) for service in ("dynamodb", "kms")]
    for client in clients:
        client.meta.events.register("before-call", wait)
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", wait)


def secrets_known(world: World) -> Settings:
    """As in a process that has read its secrets before."""
    secrets = {
        purpose: SecretAt(purpose, plain={part: local.PLAIN_SECRETS[name] for part, name in parts.items()})
        for purpose, parts in PARTS.items()
    }
    return replace(world.settings, secrets=secrets)


def submission(view: str, **fields: str) -> bytes:
    values = {name: {name: {"value": value}} for name, value in (REQUEST | fields).items()}
    held = {
        "type": "view_submission",
        "api_app_id": local.APP,
        "team": {"id": local.TEAM},
        "user": {"id": ANA, "team_id": local.TEAM},
        "view": {
            "id": view,
            "type": "modal",
            "callback_id": "connect",
            "private_metadata": "",
            "app_installed_team_id": local.TEAM,
            "state": {"values": values},
        },
    }
    return payload(held)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.1, "Sending to Noyo"),
        (0.2, "Sending to Noyo"),
        (0.4, "Sending to Noyo"),
        (0.5, TOO_LONG),
        (RECEIVER.read, TOO_LONG),
    ],
)
def test_a_submission_is_answered_in_time_and_counts_once_whenever_its_time_runs_out(
    world: World, seconds: float, words: str
) -> None:
    number = f"slow {seconds}"
    came = event(submission("V" + number, carrier_group_id=number), world.clock())
    began = world.clock()
    with slow_aws(world, seconds):
        assert words in world.bot.slack_endpoint.handle(came)["body"]
    assert world.clock() - began < 3
    assert "Sending to Noyo" in world.bot.slack_endpoint.handle(came)["body"]
    keys = [world.operation(one).entity.key for one in world.open_operations()]
    assert len([key for key in keys if key.endswith("#" + number)]) == 1


def test_a_submission_waits_for_no_more_than_it_needs(world: World) -> None:
    """Who asks, the seal, whether sending is on, the placing: each further one takes from what the others may take."""
    world.bot.slack_endpoint.handle(event(submission("Vfirst", carrier_group_id="first"), world.clock()))
    with slow_aws(world, 0) as calls:
        world.bot.slack_endpoint.handle(event(submission("Vnext", carrier_group_id="next"), world.clock()))
    assert calls == ["GetItem", "Encrypt", "GetItem", "TransactWriteItems"]


@pytest.mark.parametrize("step", [0.3, 0.9, 2.3])
def test_whatever_takes_long_ends_a_submission_in_words_before_anything_is_placed(
    world: World, step: float
) -> None:
    number = f"long {step}"
    came = event(submission("V" + number, carrier_group_id=number), world.clock())
    assert TOO_LONG in slow_door(world, step).handle(came)["body"]
    assert not [one for one in world.open_operations() if number in world.operation(one).entity.key]


def test_a_command_whose_time_runs_out_says_that_nothing_was_sent(world: World) -> None:
    answer = slow_door(world, 2.3).handle(event(typed("connect"), world.clock()))
    assert "That took too long and was stopped. Nothing was sent to Noyo. Please try again." in answer["body"]
    assert window(world) == ""


def test_nothing_is_asked_of_slack_once_the_time_is_up(world: World) -> None:
    """Neither who a person is nor a window."""
    before = len(world.slack.calls)
    world.wait(3601)
    for step in (1.4, 2.3):
        slow_door(world, step).handle(event(typed("connect"), world.clock()))
    assert len(world.slack.calls) == before


class Stuck(Slow):
    """One wait takes all the time there is: the one before the first thing is read."""

    due_refreshes = 0

    def __call__(self) -> float:
        self.due_refreshes += 1
        self._world.clock.now += self._step if self.due_refreshes == LOOKS_AT_THE_DOOR + 1 else 0
        return self._world.clock.now


def test_a_click_whose_time_runs_out_is_answered_beside_the_message(world: World) -> None:
    """The window would come too late; for the last word a little time is spared."""
    record_state = known(world, "Too Long Inc")
    stuck = Stuck(world, REQUEST_SECONDS + 0.1)
    world.bot.__dict__["slack_endpoint"] = Deployment(
        secrets_known(world), clock=stuck, lean_clients=False
    ).slack_endpoint
    presses(world, buttons.retry(record_state.entity, record_state.record.version, name="it"))
    (answer,) = world.slack.ephemerals(ANA)
    assert "That took too long and was stopped. It may have been done all the same" in world.slack.render(
        answer
    )
    assert window(world) == ""
