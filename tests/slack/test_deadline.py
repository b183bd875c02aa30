"""Each request has one deadline for all the calls that it makes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from typing import Any

import pytest

from bot import policies
from bot.dynamodb import RECEIVER
from bot.settings import PARTS, SecretAt, Settings
from bot.slack.endpoint import Deadline
from bot.slack.views import record_facts
from bot.slack.views.buttons import Action
from infra.local import environment as local
from tests.aws import worker_client
from tests.slack.incoming import command_body, event, interaction_body, modal_text, press_button, store_connection
from tests.system import ANA, REQUEST, InProcessDeployment, System, VirtualClock

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


class SlowClock:
    """A clock that advances by `step` each time it is read."""

    def __init__(self, system: System, step: float) -> None:
        self._system, self._step = system, step

    def __call__(self) -> float:
        self._system.clock.now += self._step
        return self._system.clock.now


def endpoint_with_slow_clock(system: System, step: float) -> Any:
    """The endpoint that `bot.bootstrap` builds, with a slow clock."""
    return InProcessDeployment(settings_with_read_secrets(system), clock=SlowClock(system, step)).slack_endpoint


@contextmanager
def slow_aws(system: System, seconds: float) -> Iterator[list[str]]:
    """Delay each response of AWS by this many seconds; nothing else takes time. Yields the calls in order."""
    calls: list[str] = []

    def wait(model: Any, **_: Any) -> None:
        calls.append(model.name)
        system.clock.sleep(seconds)

    clients = [worker_client(service) for service in ("dynamodb", "kms")]
    for client in clients:
        client.meta.events.register("before-call", wait)
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", wait)


def settings_with_read_secrets(system: System) -> Settings:
    """The settings of a process that has read its secrets."""
    secrets = {
        purpose: SecretAt(plain={part: local.PLAIN_SECRETS[name] for part, name in parts.items()})
        for purpose, parts in PARTS.items()
    }
    return replace(system.settings, secrets=secrets)


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
    return interaction_body(submitted)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.1, "Sending to Noyo"),
        (0.2, "Sending to Noyo"),
        (0.3, "Sending to Noyo"),
        (0.45, TOO_LONG),
        (RECEIVER.read, TOO_LONG),
    ],
)
def test_a_submission_is_answered_in_time_and_counts_once(system: System, seconds: float, text: str) -> None:
    number = f"slow {seconds}"
    request = event(submission("V" + number, carrier_group_id=number), system.clock())
    started_at = system.clock()
    with slow_aws(system, seconds):
        assert text in system.bot.slack_endpoint.handle(request)["body"]
    assert system.clock() - started_at < 3
    assert "Sending to Noyo" in system.bot.slack_endpoint.handle(request)["body"]
    keys = [system.operation(operation_id).entity.key for operation_id in system.open_operations()]
    assert len([key for key in keys if key.endswith("#" + number)]) == 1


def test_a_submission_makes_only_the_calls_it_needs(system: System) -> None:
    """Authorization, a search for groups with a similar name, encryption, the sending pause and the submission.

    A further call would leave them less time.
    """
    system.bot.slack_endpoint.handle(event(submission("Vfirst", carrier_group_id="first"), system.clock()))
    with slow_aws(system, 0) as calls:
        system.bot.slack_endpoint.handle(event(submission("Vnext", carrier_group_id="next"), system.clock()))
    assert calls == ["GetItem", "Query", "Encrypt", "GetItem", "TransactWriteItems"]


@pytest.mark.parametrize("step", [0.3, 0.9, 2.3])
def test_a_slow_submission_is_answered_before_an_operation_is_submitted(system: System, step: float) -> None:
    number = f"long {step}"
    request = event(submission("V" + number, carrier_group_id=number), system.clock())
    assert TOO_LONG in endpoint_with_slow_clock(system, step).handle(request)["body"]
    assert not [op for op in map(system.operation, system.open_operations()) if number in op.entity.key]


def test_a_command_that_takes_too_long_says_that_nothing_was_sent(system: System) -> None:
    answer = endpoint_with_slow_clock(system, 2.3).handle(event(command_body("connect"), system.clock()))
    assert "That took too long and was stopped. Nothing was sent to Noyo. Please try again." in answer["body"]
    assert modal_text(system) == ""


def test_slack_is_not_called_after_the_deadline(system: System) -> None:
    """Neither to read the person nor to open a modal."""
    before = len(system.slack.calls)
    system.wait(3601)
    for step in (1.4, 2.3):
        endpoint_with_slow_clock(system, step).handle(event(command_body("connect"), system.clock()))
    assert len(system.slack.calls) == before


class FirstCallUsesAllTime(SlowClock):
    """A clock on which the first call of the app uses up the whole deadline."""

    readings = 0

    def __call__(self) -> float:
        self.readings += 1
        self._system.clock.now += self._step if self.readings == READINGS_BEFORE_THE_APP + 1 else 0
        return self._system.clock.now


def test_a_click_that_takes_too_long_is_answered_next_to_the_message(system: System) -> None:
    """The modal would be too late; some time is reserved for the final response."""
    record_state = store_connection(system, "Too Long Inc")
    clock = FirstCallUsesAllTime(system, policies.SLACK_REQUEST_SECONDS + 0.1)
    system.bot.__dict__["slack_endpoint"] = InProcessDeployment(
        settings_with_read_secrets(system), clock=clock
    ).slack_endpoint
    press_button(system, record_facts.record_button(Action.RETRY, record_state.record))
    (answer,) = system.slack.ephemerals(ANA)
    assert "That took too long and was stopped. Your action may have been saved" in system.slack.render(answer)
    assert modal_text(system) == ""
