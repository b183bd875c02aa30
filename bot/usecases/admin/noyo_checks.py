"""The health checks of the worker that polls Noyo: Noyo, its token, its clock, and Lambda's concurrency quota."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot import policies
from bot.domain.health import CheckStatus, Finding, Topic
from bot.domain.records import EntityKind
from bot.usecases.admin.health_checks import Check, clock_finding
from bot.usecases.ports.noyo import NoyoReader


def noyo_checks(
    *,
    read_secret: Callable[[], object],
    noyo: NoyoReader,
    clock_difference: Callable[[], float | None],
    unreserved: Callable[[], int | None],
) -> dict[Topic, Check]:
    """`unreserved` returns how many functions may run at once; None if the quota cannot be read."""
    return {
        Topic.SECRET: secret_check(read_secret),
        Topic.NOYO: lambda: _noyo(noyo, clock_difference),
        Topic.CONCURRENCY: lambda: [_concurrency(unreserved())],
    }


def secret_check(read_secret: Callable[[], object]) -> Check:
    def look() -> Iterator[Finding]:
        read_secret()
        yield Finding(Topic.SECRET, CheckStatus.OK)

    return look


def _noyo(noyo: NoyoReader, clock_difference: Callable[[], float | None]) -> Iterator[Finding]:
    """Reads the smallest page, which needs a valid token and an answer."""
    noyo.newest(EntityKind.CONNECTION, offset=0, page_size=1)
    yield Finding(Topic.NOYO, CheckStatus.OK)
    yield clock_finding(Topic.NOYO_CLOCK, clock_difference())


def _concurrency(unreserved: int | None) -> Finding:
    if unreserved is None:
        return Finding(Topic.CONCURRENCY, CheckStatus.UNKNOWN)
    verdict = CheckStatus.OK if unreserved >= policies.REQUIRED_CONCURRENCY else CheckStatus.FAILED
    return Finding(Topic.CONCURRENCY, verdict, value=unreserved)
