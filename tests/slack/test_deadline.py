"""Each request has one deadline for everything that it waits for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from typing import Any

import pytest

from bot import policies
from bot.bootstrap import Deployment
from bot.dynamodb import RECEIVER
from bot.settings import PARTS, SecretAt, Settings
from bot.slack.endpoint import Deadline
from bot.slack.views import buttons
from infra.local import environment as local
from tests.aws import worker_client
from tests.slack.incoming import event, known, payload, presses, typed, window
from tests.world import ANA, REQUEST, VirtualClock, World

READINGS_BEFORE_THE_APP = 2
"""The endpoint reads the clock when a request arrives, and for its deadline."""
TOO_LONG = "The same request is never sent twice."


def test_the_deadline_runs_from_the_arrival_until_the_response() -> None:
    clock = VirtualClock()
    deadline = Deadline(clock, seconds=2)
    assert deadline.left() == inf
    with deadline.running():
        clock.sleep(0.5)
        assert deadline.left() == 1.5
        clock.sleep(3)
        assert deadline.left() == -1.5
    assert deadline.left() == inf


def test_concurrent_requests_have_their_own_deadlines() -> None:
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


class Slow:
    """A clock that advances by `step` each time it is read."""

    def __init__(self, world: World, step: float) -> None:
        self._world, self._step = world, step

    def __call__(self) -> float:
        self._world.clock.now += self._step
        return self._world.clock.now


def slow_endpoint(world: World, step: float) -> Any:
    """The endpoint that `bot.bootstrap` builds, with a slow clock."""
    return Deployment(secrets_known(world), clock=Slow(world, step), lean_clients=False).slack_endpoint


@contextmanager
def slow_aws(world: World, seconds: float) -> Iterator[list[str]]:
    """Each response of AWS takes this long and nothing else takes time. Yields the calls in order."""
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
    """The settings of a process that has read its secrets."""
    secrets = {
        purpose: SecretAt(purpose, plain={part: local.PLAIN_SECRETS[name] for part, name in parts.items()})
        for purpose, parts in PARTS.items()
    }
    return replace(world.settings, secrets=secrets)


def submission(view: str, **fields: str) -> bytes:
    values = {name: {name: {"value": value}} for name, value in (REQUEST | fields).items()}
    submitted = {
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
    return payload(submitted)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.1, "Sending to Noyo"),
        (0.2, "Sending to Noyo"),
        (0.4, "Sending to Noyo"),
        (0.5, TOO_LONG),
        (RECEIVER.read, TOO_LONG),
    ],
)
def test_a_submission_is_answered_in_time_and_counts_once(world: World, seconds: float, text: str) -> None:
    number = f"slow {seconds}"
    request = event(submission("V" + number, carrier_group_id=number), world.clock())
    started_at = world.clock()
    with slow_aws(world, seconds):
        assert text in world.bot.slack_endpoint.handle(request)["body"]
    assert world.clock() - started_at < 3
    assert "Sending to Noyo" in world.bot.slack_endpoint.handle(request)["body"]
    keys = [world.operation(operation_id).entity.key for operation_id in world.open_operations()]
    assert len([key for key in keys if key.endswith("#" + number)]) == 1


def test_a_submission_makes_only_the_calls_it_needs(world: World) -> None:
    """Authorization, encryption, the sending pause, the submission. Each further call takes time from these."""
    world.bot.slack_endpoint.handle(event(submission("Vfirst", carrier_group_id="first"), world.clock()))
    with slow_aws(world, 0) as calls:
        world.bot.slack_endpoint.handle(event(submission("Vnext", carrier_group_id="next"), world.clock()))
    assert calls == ["GetItem", "Encrypt", "GetItem", "TransactWriteItems"]


@pytest.mark.parametrize("step", [0.3, 0.9, 2.3])
def test_a_slow_submission_is_answered_before_an_operation_is_submitted(world: World, step: float) -> None:
    number = f"long {step}"
    request = event(submission("V" + number, carrier_group_id=number), world.clock())
    assert TOO_LONG in slow_endpoint(world, step).handle(request)["body"]
    assert not [op for op in map(world.operation, world.open_operations()) if number in op.entity.key]


def test_a_command_that_takes_too_long_says_that_nothing_was_sent(world: World) -> None:
    answer = slow_endpoint(world, 2.3).handle(event(typed("connect"), world.clock()))
    assert "That took too long and was stopped. Nothing was sent to Noyo. Please try again." in answer["body"]
    assert window(world) == ""


def test_slack_is_not_called_after_the_deadline(world: World) -> None:
    """Neither for the person nor to open a modal."""
    before = len(world.slack.calls)
    world.wait(3601)
    for step in (1.4, 2.3):
        slow_endpoint(world, step).handle(event(typed("connect"), world.clock()))
    assert len(world.slack.calls) == before


class Stuck(Slow):
    """The first call that the app makes takes all the time there is."""

    readings = 0

    def __call__(self) -> float:
        self.readings += 1
        self._world.clock.now += self._step if self.readings == READINGS_BEFORE_THE_APP + 1 else 0
        return self._world.clock.now


def test_a_click_that_takes_too_long_is_answered_next_to_the_message(world: World) -> None:
    """The modal would be too late; some time is reserved for the final response."""
    record_state = known(world, "Too Long Inc")
    stuck = Stuck(world, policies.SLACK_REQUEST_SECONDS + 0.1)
    world.bot.__dict__["slack_endpoint"] = Deployment(
        secrets_known(world), clock=stuck, lean_clients=False
    ).slack_endpoint
    presses(world, buttons.retry(record_state.entity, record_state.record.version, name="it"))
    (answer,) = world.slack.ephemerals(ANA)
    assert "That took too long and was stopped. Your action may have been saved" in world.slack.render(answer)
    assert window(world) == ""
