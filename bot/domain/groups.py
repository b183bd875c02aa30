"""Employer groups as Noyo knows them, and whether a carrier can be connected. No sensitive field is held."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DataExchange(StrEnum):
    """How a carrier exchanges data with Noyo about a group."""

    API = "api"
    EDI = "edi"


@dataclass(frozen=True, slots=True)
class Group:
    """An employer group. Times are Unix seconds, UTC; ids and the version are lower-case UUID text."""

    id: str
    version: str
    created: int
    modified: int
    name: str
    also_known_as: str | None = None


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    rule: str
    result: str
    description: str


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether a group may be connected to a carrier, in Noyo's words (their set is open)."""

    group_id: str
    carrier_id: str
    eligibility: str
    rules: tuple[EligibilityRule, ...] = ()
