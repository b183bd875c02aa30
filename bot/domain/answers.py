"""Noyo's answers that do not tell whether what was asked for took effect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AnswerProblem(StrEnum):
    """Why Noyo's answer to our request does not confirm what was asked for."""

    REFUSED = "refused"
    """Noyo refused it, but an attempt may have taken effect."""
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
    """An answer of Noyo that leaves open whether it took effect. `shown`: what it shows instead of that."""

    problem: AnswerProblem
    shown: str | None = None

    @property
    def contradicts(self) -> bool:
        """Whether it is a success with something other than what was asked for, so that sending again could harm."""
        return self.problem not in (AnswerProblem.REFUSED, AnswerProblem.UNREADABLE)
