"""Which day people mean, until when somebody is away, and who is mentioned meanwhile."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.absences import Absence, Absences, parse_last_day

MONDAY = date(2026, 11, 30)
NOW, END = 1_000, 2_000


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("until friday", date(2026, 12, 4)),
        ("until Fri", date(2026, 12, 4)),
        ("friday", date(2026, 12, 4)),
        ("UNTIL THURSDAY.", date(2026, 12, 3)),
        ("until sunday, cover @kim", date(2026, 12, 6)),
        ("until tues cover @kim and more", date(2026, 12, 1)),
        ("until 2026-12-24", date(2026, 12, 24)),
        ("until 2026-12-24, cover @kim", date(2026, 12, 24)),
        ("until 2026-11-30", MONDAY),
        ("until 2027-11-30", date(2027, 11, 30)),
        ("until today", MONDAY),
        ("until tomorrow", date(2026, 12, 1)),
    ],
)
def test_a_clear_day_is_understood(text: str, day: date) -> None:
    assert parse_last_day(text, MONDAY) == day


@pytest.mark.parametrize(
    "text",
    [
        "until monday",  # Today, or in a week?
        "until next friday",
        "until 12/24",
        "until 4.12.",
        "until 20261224",
        "until 2026-W49-5",
        "until 2026-02-30",
        "until 2026-11-29",
        "until 2028-01-01",
        "until christmas",
        "until",
        "cover @kim",
        "until fr\u0456day",
        "x" * 3000,
    ],
)
def test_an_unclear_or_impossible_day_is_refused(text: str) -> None:
    assert parse_last_day(text, MONDAY) is None


def absence(person: str, cover: str | None = None, ends_at: int = END) -> Absence:
    return Absence(person, MONDAY, ends_at, cover, person.title())


def test_an_absence_ends_by_itself() -> None:
    absences = Absences((absence("dana", "kim"),))

    assert absences.of("dana", END - 1) is not None
    assert absences.of("dana", END) is None
    assert absences.away_owner("dana", END) is None
    assert absences.covered_by("kim", END) == []


def test_the_cover_is_mentioned_instead_of_the_owner() -> None:
    away = Absences((absence("dana", "kim"),)).away_owner("dana", NOW)

    assert away is not None
    assert (away.cover, away.cover_is_away) == ("kim", False)


def test_a_cover_who_is_away_too_is_not_followed() -> None:
    absences = Absences((absence("dana", "kim"), absence("kim", "lee", ends_at=END - 500)))
    away, later = absences.away_owner("dana", NOW), absences.away_owner("dana", END - 500)

    assert away is not None
    assert (away.cover, away.cover_is_away) == (None, True)
    assert later is not None
    assert later.cover == "kim"


def test_two_people_who_cover_each_other_are_mentioned_themselves() -> None:
    absences = Absences((absence("dana", "kim"), absence("kim", "dana")))

    for person in ("dana", "kim"):
        away = absences.away_owner(person, NOW)
        assert away is not None
        assert away.cover is None


def test_a_new_absence_replaces_the_earlier_one_and_drops_those_that_ended() -> None:
    before = Absences((absence("dana", "kim"), absence("lee", ends_at=NOW)), revision=3)

    after = before.with_absence(absence("dana", "mia"), NOW)

    assert [(each.person, each.cover) for each in after.known] == [("dana", "mia")]
    assert after.without("dana", NOW).known == ()
    assert after.revision == 3
