"""Slack room tests: who was denied what is in the audit trail of what it was about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.people import AuditEntry, Right
from bot.domain.records import EntityRef, pending_connection_ref, person_ref
from bot.slack import commands
from bot.slack.context import Actor, RequestContext
from bot.slack.features import connect, resolve, retry
from bot.slack.features.status import click_details
from bot.slack.views.buttons import Action, ButtonValue, encode
from tests.slack.incoming import context_of, known, unclear
from tests.system import ANA, GUARDIAN, GUS, REQUEST, System


class Trail:
    """An audit trail that can be read."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def append(self, entry: AuditEntry) -> None:
        self.entries.append(entry)

    @property
    def denied(self) -> list[tuple[EntityRef, str | None, tuple[tuple[str, str], ...]]]:
        assert {entry.action for entry in self.entries} <= {"denied"}
        return [(entry.entity, entry.actor, entry.details) for entry in self.entries]


class Windows:
    """Opens every window."""

    def open_view(self, trigger_id: str, view: object) -> None:
        pass

    def respond(self, response_url: str, answer: object) -> None:
        pass


@pytest.fixture
def trail() -> Trail:
    return Trail()


@pytest.fixture
def context(system: System, trail: Trail) -> RequestContext:
    made = context_of(system, GUS)
    return replace(made, deps=replace(made.deps, audit=trail), web=Windows())


def submitted(view_id: str, about: str = "", **fields: str) -> dict[str, object]:
    values = {name: {name: {"value": value}} for name, value in (REQUEST | fields).items()}
    return {"id": view_id, "private_metadata": about, "state": {"values": values}}


def test_looking_around_is_about_the_person(context: RequestContext, trail: Trail) -> None:
    commands.dispatch(context, {"text": "status"})
    commands.dispatch(context, {"text": "retry Anything"})
    commands.dispatch(context, {"text": "connect"})
    person = person_ref(GUS)
    view, ask = (("wanted", "view"),), (("wanted", "request"),)
    assert trail.denied == [(person, GUS, view), (person, GUS, view), (person, GUS, ask)]


def test_a_request_is_about_what_was_asked_for(context: RequestContext, trail: Trail) -> None:
    connect.FORM.submission(context, submitted("V1", carrier_id=GUARDIAN.upper(), carrier_group_id="g-1"))
    assert trail.denied == [(pending_connection_ref(GUARDIAN, "g-1"), GUS, (("wanted", "request"),))]


def test_details_and_a_retry_are_about_the_record(system: System, context: RequestContext, trail: Trail) -> None:
    record_state = known(system, "Denied Inc")
    value = ButtonValue(record_state.entity, record_state.record.version)
    click_details(context, value)
    retry.FORM.click(context, value)
    retry.FORM.submission(context, submitted("V2", encode(value)))
    assert [entity for entity, _, _ in trail.denied] == [record_state.entity] * 3
    assert [details for _, _, details in trail.denied] == [
        (("wanted", right.value),) for right in (Right.VIEW, Right.REQUEST, Right.REQUEST)
    ]


def test_a_way_out_is_about_what_the_operation_is_about(system: System, context: RequestContext, trail: Trail) -> None:
    held = unclear(system, "Denied Way Inc")
    resolve.click(Action.CLOSE, context, ButtonValue(operation_id=held.id))
    resolve.click(Action.CLOSE, context, ButtonValue(operation_id="Vnobody"))
    assert [entity for entity, _, _ in trail.denied] == [held.entity, person_ref(GUS)]


def test_what_is_allowed_or_cannot_be_told_is_no_denial(context: RequestContext, trail: Trail) -> None:
    assert context.for_actor(Actor(ANA, None, "t")).authorize(Right.VIEW).allowed
    assert not context.for_actor(Actor("U0NOBODY", None, "t")).authorize(Right.VIEW).allowed
    assert trail.denied == []
