"""Slack room tests: who was denied what is in the audit trail of what it was about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain import subjects
from bot.domain.people import Right
from bot.domain.subjects import Subject
from bot.ports import AuditEntry
from bot.slack import commands, connect, retry, ways_out
from bot.slack.buttons import Act, ButtonValue, encode
from bot.slack.office import Asker, Office
from bot.slack.status import click_details
from tests.slack.incoming import a_world, begin, known, office_of, unclear
from tests.world import ANA, GUARDIAN, GUS, REQUEST, World

GUEST = Asker(GUS, None, "1.2.3")


class Trail:
    """An audit trail that can be read."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def audit(self, entry: AuditEntry) -> None:
        self.entries.append(entry)

    @property
    def denied(self) -> list[tuple[Subject, str | None, tuple[tuple[str, str], ...]]]:
        assert {entry.deed for entry in self.entries} <= {"denied"}
        return [(entry.subject, entry.actor, entry.details) for entry in self.entries]


class Windows:
    """Opens every window."""

    def open_view(self, trigger_id: str, view: object) -> None:
        pass

    def respond(self, response_url: str, answer: object) -> None:
        pass


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    yield from a_world()


@pytest.fixture
def world(shared: World) -> World:
    begin(shared)
    return shared


@pytest.fixture
def trail() -> Trail:
    return Trail()


@pytest.fixture
def office(world: World, trail: Trail) -> Office:
    return replace(office_of(world), audit=trail, web=Windows())


def submitted(view_id: str, about: str = "", **fields: str) -> dict[str, object]:
    values = {name: {name: {"value": value}} for name, value in (REQUEST | fields).items()}
    return {"id": view_id, "private_metadata": about, "state": {"values": values}}


def test_looking_around_is_about_the_person(office: Office, trail: Trail) -> None:
    commands.dispatch(office, {"text": "status", "user_id": GUS})
    commands.dispatch(office, {"text": "retry Anything", "user_id": GUS})
    commands.dispatch(office, {"text": "connect", "user_id": GUS})
    person = subjects.person(GUS)
    view, ask = (("wanted", "view"),), (("wanted", "request"),)
    assert trail.denied == [(person, GUS, view), (person, GUS, view), (person, GUS, ask)]


def test_a_request_is_about_what_was_asked_for(office: Office, trail: Trail) -> None:
    connect.submit(office, GUEST, submitted("V1", carrier_id=GUARDIAN.upper(), carrier_group_id="g-1"))
    assert trail.denied == [(subjects.request(GUARDIAN, "g-1"), GUS, (("wanted", "request"),))]


def test_details_and_a_retry_are_about_the_record(world: World, office: Office, trail: Trail) -> None:
    tracked = known(world, "Denied Inc")
    value = ButtonValue(tracked.subject, tracked.record.version)
    click_details(office, GUEST, value)
    retry.click(office, GUEST, value)
    retry.submit(office, GUEST, submitted("V2", encode(value)))
    assert [subject for subject, _, _ in trail.denied] == [tracked.subject] * 3
    assert [details for _, _, details in trail.denied] == [
        (("wanted", right.value),) for right in (Right.VIEW, Right.REQUEST, Right.REQUEST)
    ]


def test_a_way_out_is_about_what_the_operation_is_about(world: World, office: Office, trail: Trail) -> None:
    held = unclear(world, "Denied Way Inc")
    ways_out.click(office, GUEST, Act.CLOSE, ButtonValue(operation_id=held.id))
    ways_out.click(office, GUEST, Act.CLOSE, ButtonValue(operation_id="Vnobody"))
    assert [subject for subject, _, _ in trail.denied] == [held.subject, subjects.person(GUS)]


def test_what_is_allowed_or_cannot_be_told_is_no_denial(office: Office, trail: Trail) -> None:
    assert office.permits(Right.VIEW, Asker(ANA, None, "t")).allowed
    assert not office.permits(Right.VIEW, Asker("U0NOBODY", None, "t")).allowed
    assert trail.denied == []
