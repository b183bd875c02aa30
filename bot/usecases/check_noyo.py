"""Use case: what the worker that reads Noyo looks after: Noyo itself, its token, its clock, and room for all to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.domain.checkups import NEEDED_AT_ONCE, Finding, Topic, Verdict
from bot.domain.subjects import Kind
from bot.ports import ReadsNoyo
from bot.usecases.check_up import Look, clock_finding


def noyo_looks(
    *,
    read_secret: Callable[[], object],
    noyo: ReadsNoyo,
    clock_difference: Callable[[], float | None],
    unreserved: Callable[[], int | None],
) -> dict[Topic, Look]:
    """`unreserved`: how many functions may run at once; None where nobody tells."""
    return {
        Topic.SECRET: secret_look(read_secret),
        Topic.NOYO: lambda: _noyo(noyo, clock_difference),
        Topic.CONCURRENCY: lambda: [_concurrency(unreserved())],
    }


def secret_look(read_secret: Callable[[], object]) -> Look:
    def look() -> Iterator[Finding]:
        read_secret()
        yield Finding(Topic.SECRET, Verdict.GOOD)

    return look


def _noyo(noyo: ReadsNoyo, clock_difference: Callable[[], float | None]) -> Iterator[Finding]:
    """The smallest page there is: it needs a token, and an answer."""
    noyo.newest(Kind.CONNECTION, offset=0, page_size=1)
    yield Finding(Topic.NOYO, Verdict.GOOD)
    yield clock_finding(Topic.NOYO_CLOCK, clock_difference())


def _concurrency(unreserved: int | None) -> Finding:
    if unreserved is None:
        return Finding(Topic.CONCURRENCY, Verdict.UNKNOWN)
    verdict = Verdict.GOOD if unreserved >= NEEDED_AT_ONCE else Verdict.BAD
    return Finding(Topic.CONCURRENCY, verdict, number=unreserved)
