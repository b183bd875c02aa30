"""What happened to records, merged from the audit log and from Noyo's versions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.people import AuditEntry
from bot.domain.records import ConnectionStatus, EntityRef, group_ref, pending_disconnection_ref
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications import timeline
from bot.usecases.notifications.timeline import Moment, VersionShown, disconnection_logs
from tests.slack.incoming import change_status, new_system, store_connection
from tests.system import ANA, GUARDIAN, System

GROUP = "47c07963-2e34-4da2-86b4-cbc3c57111c1"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    yield from new_system()


@pytest.fixture
def deps(system: System) -> Dependencies:
    return system.bot.slack_dependencies


def append(system: System, entity: EntityRef, at: int, **details: str) -> AuditEntry:
    entry = AuditEntry(f"{entity}{at}", entity, at, ANA, "operation_submitted", tuple(details.items()))
    system.bot.repositories.audit.append(entry)
    return entry


def shown(moment: Moment) -> object:
    what = moment.happened
    return what.record.status if isinstance(what, VersionShown) else what


def test_a_version_of_the_same_second_comes_after_what_a_person_did(system: System, deps: Dependencies) -> None:
    state = store_connection(system, "Same Second Inc", group_id=GROUP)
    later = change_status(system, state, "processing")
    asked = append(system, state.entity, later.record.modified)

    found = timeline.timeline([later], [], deps)

    assert found.is_complete
    assert [shown(each) for each in found.moments] == [
        ConnectionStatus.PROCESSING,
        asked,
        ConnectionStatus.UNABLE_TO_CONNECT,
    ]


def test_entries_about_the_group_and_about_disconnecting_it_are_included(system: System, deps: Dependencies) -> None:
    state = store_connection(system, "Included Inc", group_id=GROUP)
    other = pending_disconnection_ref(GROUP, GUARDIAN)
    entries = [append(system, entity, at) for at, entity in ((7, other), (5, group_ref(GROUP)))]

    assert disconnection_logs([state, state]) == [other]
    found = timeline.timeline([state], [*disconnection_logs([state]), group_ref(GROUP)], deps)

    assert [each.happened for each in found.moments[1:]] == entries


def test_of_an_earlier_request_for_the_same_ids_only_its_own_entries_count(system: System, deps: Dependencies) -> None:
    system.request_connection(ANA, group_name="Own Inc", carrier_group_id="own")
    system.settle(30)
    [state] = system.bot.repositories.records.find("Own Inc", limit=2)
    request = deps.operations.operation(state.requested_by_operation or "")
    assert request is not None
    append(system, request.entity, 1, operation="another")

    moments = timeline.timeline([state], [], deps).moments

    assert {each.entity for each in moments} == {state.entity}
    assert all(("operation", request.id) in each.happened.details for each in moments if each.at > 1 and _by(each))
    assert not [each for each in moments if each.at == 1]


def _by(moment: Moment) -> bool:
    return isinstance(moment.happened, AuditEntry)


def test_only_the_newest_moments_are_read_and_the_rest_is_reported(
    system: System, deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "MOST_READ", 0)
    state = store_connection(system, "Endless Inc", group_id=GROUP)
    for at in range(timeline.LEAST_READ + 1):
        append(system, state.entity, at)

    found = timeline.timeline([state], [], deps)

    assert not found.is_complete
    assert [each.at for each in found.moments[1:]] == list(range(timeline.LEAST_READ, 0, -1))
