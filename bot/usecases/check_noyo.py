"""Use case: what the worker that reads Noyo looks after: Noyo itself, its token and its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.domain.checkups import Finding, Topic, Verdict
from bot.domain.subjects import Kind
from bot.ports import ReadsNoyo
from bot.usecases.check_up import Look, clock_finding


def noyo_looks(
    *,
    read_secret: Callable[[], object],
    noyo: ReadsNoyo,
    clock_difference: Callable[[], float | None],
) -> dict[Topic, Look]:
    return {
        Topic.SECRET: lambda: _secret(read_secret),
        Topic.NOYO: lambda: _noyo(noyo, clock_difference),
    }


def _secret(read_secret: Callable[[], object]) -> Iterator[Finding]:
    read_secret()
    yield Finding(Topic.SECRET, Verdict.GOOD)


def _noyo(noyo: ReadsNoyo, clock_difference: Callable[[], float | None]) -> Iterator[Finding]:
    """The smallest page there is: it needs a token, and an answer."""
    noyo.newest(Kind.CONNECTION, offset=0, page_size=1)
    yield Finding(Topic.NOYO, Verdict.GOOD)
    yield clock_finding(Topic.NOYO_CLOCK, clock_difference())
