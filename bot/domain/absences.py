"""Absences: until when a person is away, and who is mentioned instead.

An absence ends by itself with its last day. A cover who is away too is not followed to their own cover.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

MOST_DAYS = 366
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT_DAYS = {"tues": 1, "thur": 3, "thurs": 3} | {name[:3]: number for number, name in enumerate(_DAYS)}
_WEEKDAYS = _SHORT_DAYS | {name: number for number, name in enumerate(_DAYS)}
_WORDS = re.compile(r"(?:until\s+)?(?P<day>.*?)(?:[\s,]+cover\b.*)?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Absence:
    """`person` and `cover` are Slack user ids; `name` is what to call the person without a mention. It ends at the end
    of `last_day`, which is at `ends_at` (Unix seconds)."""

    person: str
    last_day: date
    ends_at: int
    cover: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class AwayOwner:
    """What a message shows of an owner who is away. `cover`: who is mentioned instead; None if nobody is."""

    absence: Absence
    cover: str | None
    cover_is_away: bool = False


@dataclass(frozen=True, slots=True)
class Absences:
    """The absences of all people that have not ended. `revision` prevents concurrent changes."""

    known: tuple[Absence, ...] = ()
    revision: int = 0

    def of(self, person: str | None, now: int) -> Absence | None:
        return next((each for each in self.current(now) if each.person == person), None)

    def current(self, now: int) -> Iterator[Absence]:
        return (each for each in self.known if now < each.ends_at)

    def covered_by(self, person: str, now: int) -> list[Absence]:
        """The absences during which this person is the cover."""
        return [each for each in self.current(now) if each.cover == person]

    def away_owner(self, owner: str | None, now: int) -> AwayOwner | None:
        absence = self.of(owner, now)
        if absence is None:
            return None
        is_away = self.of(absence.cover, now) is not None
        return AwayOwner(absence, None if is_away else absence.cover, is_away)

    def with_absence(self, absence: Absence, now: int) -> Self:
        return replace(self, known=(*self.without(absence.person, now).known, absence))

    def without(self, person: str, now: int) -> Self:
        """Also without those that have ended."""
        return replace(self, known=tuple(each for each in self.current(now) if each.person != person))


def parse_last_day(text: str, today: date) -> date | None:
    """The day in `until friday`, `until 2026-12-24`, `until tomorrow`; what follows `cover` does not matter.

    None if it is unclear, past, or more than a year away. On a Friday, `friday` is unclear.
    """
    match = _WORDS.fullmatch(text.strip())
    word = match["day"].strip(" ,.").lower() if match else ""
    if word in ("today", "tomorrow"):
        return today + timedelta(days=word == "tomorrow")
    if word in _WEEKDAYS:
        days = (_WEEKDAYS[word] - today.weekday()) % 7
        return today + timedelta(days=days) if days else None
    try:
        day = date.fromisoformat(word) if len(word) == len("2026-12-24") else None
    except ValueError:
        return None
    return day if day is not None and is_possible(day, today) else None


def is_possible(last_day: date, today: date) -> bool:
    return today <= last_day <= today + timedelta(days=MOST_DAYS)
