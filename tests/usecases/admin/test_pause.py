"""Admins pause and resume; the settings determine the mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.outbox import EventKind
from bot.domain.pauses import Mode, Pause
from bot.domain.records import SENDING_PAUSE
from bot.errors import TableUnavailable
from bot.usecases.admin.pause import PauseChanged, PauseUnchanged, pause, record_mode, resume
from tests.usecases.execution_bench import ANA, BEN, START, ExecutionBench, PortHook, open_bench


@pytest.fixture
def bench() -> Iterator[ExecutionBench]:
    with open_bench() as opened:
        yield opened


def actions(bench: ExecutionBench) -> list[tuple[str, str | None]]:
    return [(entry.action, entry.actor) for entry in reversed(bench.store.audit.entries(SENDING_PAUSE, limit=50))]


def event_kinds(bench: ExecutionBench) -> list[EventKind]:
    events = [bench.store.outbox.event(event_id) for event_id in bench.store.outbox.due(START + 10**6, limit=50)]
    return [event.kind for event in events if event is not None]


def test_a_pause_is_stored_published_and_audited(bench: ExecutionBench) -> None:
    done = pause(ANA, " the carrier's feed is wrong ", bench.deps)

    assert done == PauseChanged(Pause(START, ANA, "the carrier's feed is wrong"))
    assert bench.store.pauses.history().active_pause == done.pause
    assert actions(bench) == [("sending_paused", ANA)]
    assert event_kinds(bench) == [EventKind.SENDING_CHANGED]


def test_a_reason_is_masked_and_optional(bench: ExecutionBench) -> None:
    assert "123-45-6789" not in str(pause(ANA, "see 123-45-6789", bench.deps))
    resume(ANA, bench.deps)
    again = pause(ANA, "  ", bench.deps)
    assert again.pause is not None
    assert again.pause.reason is None


def test_a_second_pause_shows_who_paused_first_and_changes_nothing(bench: ExecutionBench) -> None:
    first = pause(ANA, "", bench.deps)
    bench.wait(60)

    assert pause(BEN, "", bench.deps) == PauseUnchanged(first.pause)
    assert pause(ANA, "", bench.deps) == PauseUnchanged(first.pause)
    assert actions(bench) == [("sending_paused", ANA)]


def test_a_repeated_command_changes_nothing(bench: ExecutionBench) -> None:
    pause(ANA, "", bench.deps, command_id="T1")
    bench.wait(1)
    assert pause(BEN, "", bench.deps, command_id="T2").pause is not None
    ended = resume(ANA, bench.deps, command_id="T3").pause
    bench.wait(1)

    for repeated in ("T1", "T2"):
        assert pause(ANA, "", bench.deps, command_id=repeated) == PauseUnchanged(None, ended, repeated=True)
    running = pause(BEN, "", bench.deps, command_id="T4").pause
    assert resume(ANA, bench.deps, command_id="T3") == PauseUnchanged(running, repeated=True)


def test_a_command_that_changed_nothing_is_remembered_despite_a_concurrent_change(bench: ExecutionBench) -> None:
    resumes = PortHook(bench.store.pauses, "save", lambda: pause(BEN, "", bench.deps))
    assert isinstance(resume(ANA, replace(bench.deps, pauses=resumes), command_id="T1"), PauseChanged)

    pause(BEN, "", bench.deps)
    assert resume(ANA, bench.deps, command_id="T1").pause is not None


def test_commands_are_remembered_as_long_as_a_request_can_be_repeated(bench: ExecutionBench) -> None:
    pause(ANA, "", bench.deps, command_id="T1")
    bench.wait(policies.SLACK_REQUEST_MEMORY_SECONDS)
    resume(ANA, bench.deps, command_id="T2")
    assert [command.id for command in bench.store.pauses.history().handled] == ["T1", "T2"]

    bench.wait(1)
    pause(ANA, "", bench.deps, command_id="T3")
    assert [command.id for command in bench.store.pauses.history().handled] == ["T2", "T3"]


def test_only_one_of_two_concurrent_pauses_counts(bench: ExecutionBench) -> None:
    first = PortHook(bench.store.pauses, "save", lambda: pause(BEN, "", bench.deps))

    result = pause(ANA, "", replace(bench.deps, pauses=first))

    assert result == PauseUnchanged(Pause(START, BEN))
    assert actions(bench) == [("sending_paused", BEN)]


def test_only_one_of_two_concurrent_resumes_counts(bench: ExecutionBench) -> None:
    pause(ANA, "", bench.deps)
    bench.wait(60)
    first = PortHook(bench.store.pauses, "save", lambda: resume(BEN, bench.deps))

    result = resume(ANA, replace(bench.deps, pauses=first))

    ended = Pause(START, ANA, until=START + 60, ended_by=BEN)
    assert result == PauseUnchanged(None, ended)
    assert bench.store.pauses.history().pauses == (ended,)
    assert actions(bench) == [("sending_paused", ANA), ("sending_resumed", BEN)]


def test_resuming_without_a_pause_changes_nothing(bench: ExecutionBench) -> None:
    assert resume(ANA, bench.deps) == PauseUnchanged(None, None)
    assert actions(bench) == []


def test_observe_mode_is_recorded_once_when_it_starts_and_ends(bench: ExecutionBench) -> None:
    record_mode(replace(bench.deps, mode=Mode.ACT))
    assert bench.store.pauses.history().pauses == ()

    for _ in range(2):
        record_mode(replace(bench.deps, mode=Mode.OBSERVE))
        bench.wait(60)
    for _ in range(2):
        record_mode(replace(bench.deps, mode=Mode.ACT))
        bench.wait(60)

    assert bench.store.pauses.history().pauses == (Pause(START, until=START + 120),)
    assert actions(bench) == [("observe_mode_started", None), ("observe_mode_ended", None)]
    assert event_kinds(bench) == [EventKind.SENDING_CHANGED, EventKind.SENDING_CHANGED]


def test_observe_mode_and_a_pause_do_not_end_each_other(bench: ExecutionBench) -> None:
    pause(ANA, "", bench.deps)
    record_mode(replace(bench.deps, mode=Mode.OBSERVE))
    record_mode(replace(bench.deps, mode=Mode.ACT))
    assert bench.store.pauses.history().active_pause == Pause(START, ANA)

    record_mode(replace(bench.deps, mode=Mode.OBSERVE))
    resume(ANA, bench.deps)
    assert bench.store.pauses.history().observe_pause == Pause(START, number=1), "the second one of this second"


def test_endless_concurrent_updates_raise_an_error(bench: ExecutionBench) -> None:
    class AlwaysConflicting:
        history = bench.store.pauses.history

        def save(self, *_: object, **__: object) -> bool:
            return False

    moving = replace(bench.deps, pauses=AlwaysConflicting())  # type: ignore[arg-type]
    with pytest.raises(TableUnavailable):
        pause(ANA, "", moving)
    pause(ANA, "", bench.deps)
    with pytest.raises(TableUnavailable):
        resume(ANA, moving)
