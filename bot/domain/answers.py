"""Noyo's success answers that do not confirm what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AnswerProblem(StrEnum):
    """Why Noyo's success answer to our request does not confirm what was asked for."""

    UNREADABLE = "unreadable"
    RECORD = "record"
    """The record in the answer is another one, or one that existed before."""
    VERSION = "version"
    """The record still has the version that was shown, so nothing changed."""
    STATUS = "status"
    CARRIER = "carrier"
    CARRIER_GROUP_ID = "carrier_group_id"
    GROUP = "group"
    END_DATE = "end_date"


@dataclass(frozen=True, slots=True)
class UnconfirmedAnswer:
    """An answer of Noyo with success that does not confirm the wanted effect. `shown`: what it shows instead."""

    problem: AnswerProblem
    shown: str | None = None

    @property
    def contradicts(self) -> bool:
        """Whether it says something other than what was asked for. Sending again could cause a second wrong effect."""
        return self.problem is not AnswerProblem.UNREADABLE
