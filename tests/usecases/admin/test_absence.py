"""An absence is saved once for each request, also if two people save theirs at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.business_days import day_of
from bot.domain.records import person_ref
from bot.errors import TableUnavailable
from bot.usecases.admin.absence import come_back, go_away
from bot.usecases.dependencies import Dependencies
from tests.system import ANA, BEN, System
from tests.usecases.notification_bench import CallHooks

LAST_DAY = date(2026, 9, 25)


@pytest.fixture
def system() -> Iterator[System]:
    with System() as system:
        yield system


def dependencies(system: System) -> Dependencies:
    return system.bot.slack_dependencies


def actions(system: System, person: str) -> list[str]:
    return [entry.action for entry in system.bot.repositories.audit.entries(person_ref(person), limit=10)]


def test_it_ends_with_its_last_day_in_the_business_time_zone(system: System) -> None:
    deps = dependencies(system)

    result = go_away(ANA, LAST_DAY, BEN, deps, change_id="1")

    [absence] = result.absences.known
    assert day_of(absence.ends_at - 1, deps.timezone) == LAST_DAY
    assert day_of(absence.ends_at, deps.timezone) == LAST_DAY + timedelta(days=1)
    assert deps.absences.absences().of(ANA, absence.ends_at - 1) == absence
    assert deps.absences.absences().of(ANA, absence.ends_at) is None
    assert actions(system, ANA) == ["absence_set"]


def test_the_same_request_again_does_not_undo_what_came_later(system: System) -> None:
    deps = dependencies(system)
    go_away(ANA, LAST_DAY, BEN, deps, change_id="1")
    assert come_back(ANA, deps, change_id="2").changed

    again = go_away(ANA, LAST_DAY, BEN, deps, change_id="1")

    assert not again.changed
    assert again.absences.known == ()
    go_away(ANA, LAST_DAY, None, deps, change_id="3")
    assert not come_back(ANA, deps, change_id="2").changed
    assert deps.absences.absences().of(ANA, deps.now()) is not None


def test_two_people_who_leave_at_once_are_both_away(system: System) -> None:
    deps = dependencies(system)
    other = CallHooks(deps.absences, before_save=lambda: go_away(BEN, LAST_DAY, None, deps, change_id="2"))

    go_away(ANA, LAST_DAY, BEN, replace(deps, absences=other), change_id="1")

    assert {each.person for each in deps.absences.absences().known} == {ANA, BEN}


def test_coming_back_without_an_absence_changes_nothing(system: System) -> None:
    assert not come_back(ANA, dependencies(system), change_id="1").changed
    assert actions(system, ANA) == []


def test_absences_that_keep_changing_are_reported(system: System) -> None:
    deps, numbers = dependencies(system), iter(range(100))

    class Racing:
        def __getattr__(self, name: str) -> object:
            if name == "save":
                go_away(BEN, LAST_DAY, None, deps, change_id=f"other {next(numbers)}")
            return getattr(deps.absences, name)

    with pytest.raises(TableUnavailable):
        go_away(ANA, LAST_DAY, None, replace(deps, absences=Racing()), change_id="1")  # type: ignore[arg-type]
