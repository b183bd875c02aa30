"""The health report, on a real table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.carriers_file import CarriersFile
from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.domain.pauses import Pause
from bot.domain.polling import ParkedRow, PollCursor
from bot.domain.records import EntityKind
from bot.errors import DeadlineExceeded, SecretUnavailable
from bot.usecases.admin.health_report import health_report
from bot.usecases.admin.pause import pause
from tests.usecases.execution_bench import ANA, START, ExecutionBench, open_bench


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def test_the_report_is_empty_before_the_first_run(bench: ExecutionBench) -> None:
    found = health_report(bench.deps)

    receiver_check = HealthCheck(Component.RECEIVER, START, ())
    assert found.health_checks == {
        Component.SLACK: None,
        Component.NOYO: None,
        Component.WEBHOOK: None,
        Component.RECEIVER: receiver_check,
    }
    assert found.polled_at == {EntityKind.CONNECTION: None, EntityKind.DISCONNECTION: None}
    assert found.parked == {EntityKind.CONNECTION: [], EntityKind.DISCONNECTION: []}
    assert found.carriers_file == CarriersFile()
    assert (found.oldest_operation, found.oldest_event, found.oldest_deferred, found.active_pause) == (
        None,
        None,
        None,
        None,
    )


def test_the_report_contains_everything_stored(bench: ExecutionBench) -> None:
    bench.store.polling.save(EntityKind.CONNECTION, PollCursor(started_at=1, finished_at=START - 5))
    bench.store.polling.park(EntityKind.DISCONNECTION, ParkedRow("row", "why", START))
    bench.store.health.save(HealthCheck(Component.NOYO, START, ()))
    bench.store.carriers.save(CarriersFile(), CarriersFile("{}", "tag", START))
    bench.request_connection("V1")
    bench.wait(7)
    pause(ANA, "why", bench.deps)
    bench.request_connection("V2", group_id="2")
    bench.wait(3)

    found = health_report(bench.deps)

    assert found.at == START + 10
    assert found.polled_at[EntityKind.CONNECTION] == START - 5
    assert [row.row_id for row in found.parked[EntityKind.DISCONNECTION]] == ["row"]
    assert found.health_checks[Component.NOYO] == HealthCheck(Component.NOYO, START, ())
    assert (found.oldest_operation, found.oldest_event, found.oldest_deferred) == (START, START, START + 7)
    assert found.active_pause == Pause(START + 7, ANA, "why")
    assert found.carriers_file == CarriersFile("{}", "tag", START, revision=1)


def test_the_secrets_of_the_receiver_are_read_for_the_report(bench: ExecutionBench) -> None:
    def broken() -> object:
        raise SecretUnavailable("There is none.")

    found = health_report(replace(bench.deps, secret_checks=(broken, lambda: "secret")))

    health_check = found.health_checks[Component.RECEIVER]
    assert health_check is not None
    assert health_check.findings == (
        Finding(Topic.SECRET, CheckStatus.FAILED, reason="There is none.", check_failed=True),
        Finding(Topic.SECRET, CheckStatus.OK),
    )


def test_a_deadline_during_a_secret_check_is_no_finding(bench: ExecutionBench) -> None:
    def slow() -> object:
        raise DeadlineExceeded

    with pytest.raises(DeadlineExceeded):
        health_report(replace(bench.deps, secret_checks=(slow,)))
