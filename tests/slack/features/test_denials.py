"""Each denial is in the audit log of the entity that it concerns."""

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
from tests.slack.incoming import context_of, store_connection, store_unclear_retry
from tests.system import ANA, GUARDIAN, GUS, REQUEST, System


class FakeAuditLog:
    """An audit log in memory."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def append(self, entry: AuditEntry) -> None:
        self.entries.append(entry)

    @property
    def denied(self) -> list[tuple[EntityRef, str | None, tuple[tuple[str, str], ...]]]:
        assert {entry.action for entry in self.entries} <= {"denied"}
        return [(entry.entity, entry.actor, entry.details) for entry in self.entries]


class FakeSlackResponses:
    """Accepts every modal and every response."""

    def open_view(self, trigger_id: str, view: object) -> None:
        pass

    def update_view(self, view_id: str, view: object, shown_hash: str | None = None) -> bool:
        return True

    def respond(self, response_url: str, answer: object) -> None:
        pass


@pytest.fixture
def audit_log() -> FakeAuditLog:
    return FakeAuditLog()


@pytest.fixture
def context(system: System, audit_log: FakeAuditLog) -> RequestContext:
    request_context = context_of(system, GUS)
    return replace(request_context, deps=replace(request_context.deps, audit=audit_log), web=FakeSlackResponses())


def form_submission(view_id: str, about: str = "", **fields: str) -> dict[str, object]:
    values = {name: {name: {"value": value}} for name, value in (REQUEST | fields).items()}
    return {"id": view_id, "private_metadata": about, "state": {"values": values}}


def test_denied_commands_are_logged_under_the_person(context: RequestContext, audit_log: FakeAuditLog) -> None:
    commands.answer(context, "status")
    commands.answer(context, "retry Anything")
    commands.answer(context, "connect")
    person = person_ref(GUS)
    view, request = (("wanted", "view"),), (("wanted", "request"),)
    assert audit_log.denied == [(person, GUS, view), (person, GUS, view), (person, GUS, request)]


def test_a_denied_request_is_logged_under_the_pending_connection(
    context: RequestContext, audit_log: FakeAuditLog
) -> None:
    connect.FORM.submission(context, form_submission("V1", carrier_id=GUARDIAN.upper(), carrier_group_id="g-1"))
    assert audit_log.denied == [(pending_connection_ref(GUARDIAN, "g-1"), GUS, (("wanted", "request"),))]


def test_denied_details_and_retries_are_logged_under_the_record(
    system: System, context: RequestContext, audit_log: FakeAuditLog
) -> None:
    record_state = store_connection(system, "Denied Inc")
    value = ButtonValue(record_state.entity, record_state.record.version)
    click_details(context, value)
    retry.FORM.click(context, value)
    retry.FORM.submission(context, form_submission("V2", encode(value)))
    assert [entity for entity, _, _ in audit_log.denied] == [record_state.entity] * 3
    assert [details for _, _, details in audit_log.denied] == [
        (("wanted", right.value),) for right in (Right.VIEW, Right.REQUEST, Right.REQUEST)
    ]


def test_a_denied_resolution_is_logged_under_the_entity_of_its_operation(
    system: System, context: RequestContext, audit_log: FakeAuditLog
) -> None:
    operation = store_unclear_retry(system, "Denied Way Inc")
    resolve.click(Action.CLOSE, context, ButtonValue(operation_id=operation.id))
    resolve.click(Action.CLOSE, context, ButtonValue(operation_id="Vnobody"))
    assert [entity for entity, _, _ in audit_log.denied] == [operation.entity, person_ref(GUS)]


def test_allowed_and_undetermined_requests_are_not_logged_as_denials(
    context: RequestContext, audit_log: FakeAuditLog
) -> None:
    assert context.for_actor(Actor(ANA, None, "t")).authorize(Right.VIEW).allowed
    assert not context.for_actor(Actor("U0NOBODY", None, "t")).authorize(Right.VIEW).allowed
    assert audit_log.denied == []
