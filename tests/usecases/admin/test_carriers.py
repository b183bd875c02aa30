"""The carriers file is reread while Switchboard runs, and no failure of it stops anything."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.carriers_file import CarriersFile
from bot.errors import CarriersFileUnavailable, DeadlineExceeded, TableUnavailable, UnknownSchema
from bot.telemetry import LOGGER
from bot.usecases.admin.carriers import CarriersInUse
from bot.usecases.ports.runtime import CarriersContent

GUARDIAN = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
START = 1_790_000_000


class Source:
    """A `CarriersSource` whose content the test replaces."""

    def __init__(self, name: str = "Guardian") -> None:
        self.error: str | None = None
        self.reads = 0
        self.put(json.dumps({GUARDIAN: name}))

    def put(self, text: str) -> None:
        self.text = text

    def read(self, unchanged_tag: str) -> CarriersContent | None:
        if self.error is not None:
            raise CarriersFileUnavailable(self.error)
        if unchanged_tag == self.text:
            return None
        self.reads += 1
        return CarriersContent(self.text, self.text)


class Stored:
    """An in-memory `CarriersRepository`."""

    def __init__(self) -> None:
        self.saved: CarriersFile | None = None
        self.error: Exception | None = None
        self.calls = 0

    def file(self) -> CarriersFile | None:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return self.saved

    def save(self, before: CarriersFile, after: CarriersFile) -> bool:
        revision = self.saved.revision if self.saved else 0
        if before.revision != revision:
            return False
        self.saved = replace(after, revision=revision + 1)
        return True


class Bench:
    """One table, a worker and a receiver."""

    def __init__(self) -> None:
        self.now = float(START)
        self.stored, self.source = Stored(), Source()
        self.worker, self.receiver = self.process(), self.process()

    def process(self) -> CarriersInUse:
        return CarriersInUse(self.stored, lambda: self.now)

    def next_minute(self) -> None:
        self.now += 60
        self.worker.reread(self.source)
        self.receiver.refresh()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_changed_file_is_in_use_within_two_minutes(bench: Bench) -> None:
    assert bench.receiver.name(GUARDIAN) == GUARDIAN
    bench.next_minute()
    assert bench.worker.name(GUARDIAN) == bench.receiver.name(GUARDIAN) == "Guardian"

    bench.source.put(json.dumps({GUARDIAN: {"name": "Guardian Life", "aliases": ["GLIC"], "contact": "Ana"}}))
    bench.next_minute()

    for process in (bench.worker, bench.receiver):
        assert process.names == {GUARDIAN: "Guardian Life"}
        assert process.matching("glic") == [(GUARDIAN, "Guardian Life")]
        assert (GUARDIAN, "GLIC") in process.called()
        assert process.details_of(GUARDIAN) == process.details[GUARDIAN]
        assert process.details_of(GUARDIAN).contact == "Ana"


def test_an_unchanged_file_is_neither_read_nor_saved_again(bench: Bench) -> None:
    bench.next_minute()
    before = bench.stored.saved

    for _ in range(5):
        bench.next_minute()

    assert bench.source.reads == 1
    assert bench.stored.saved is before


@pytest.mark.parametrize("text", ["{", '{"guardian": "Guardian"}', f'{{"{GUARDIAN}": "A", "{GUARDIAN}": "B"}}'])
def test_a_mistake_leaves_the_last_carriers_in_use_until_it_is_corrected(
    bench: Bench, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    bench.next_minute()
    bench.source.put(text)
    for _ in range(3):
        bench.next_minute()

    file = bench.receiver.file()
    assert file.problem is not None
    assert file.problem.since == START + 120
    assert bench.worker.name(GUARDIAN) == bench.receiver.name(GUARDIAN) == "Guardian"
    bench.source.put(json.dumps({GUARDIAN: "Corrected"}))
    bench.next_minute()
    assert bench.receiver.file().problem is None
    assert bench.receiver.name(GUARDIAN) == "Corrected"
    logged = [vars(record)["fields"]["result"] for record in caplog.records if "fields" in vars(record)]
    assert logged == ["in_use", "mistakes", "in_use"]


def test_a_file_that_cannot_be_read_changes_nothing(bench: Bench) -> None:
    bench.next_minute()
    bench.source.error = "S3 does not answer"
    bench.next_minute()

    problem = bench.receiver.file().problem
    assert problem is not None
    assert (problem.words, problem.since, problem.unreadable) == ("S3 does not answer", START + 120, True)
    assert bench.process().file().carriers().name(GUARDIAN) == "Guardian"


def test_a_process_looks_into_the_table_once_a_minute(bench: Bench) -> None:
    bench.worker.reread(bench.source)
    bench.stored.calls = 0

    for _ in range(2 * policies.CARRIERS_FRESH_SECONDS):
        bench.receiver.refresh()
        bench.now += 1

    assert bench.stored.calls == 2
    bench.now -= 3600  # The clock was set back.
    bench.receiver.refresh()
    assert bench.stored.calls == 3


def test_with_if_none_only_a_process_without_carriers_looks(bench: Bench) -> None:
    bench.worker.reread(bench.source)
    bench.stored.calls = 0

    for _ in range(3):
        bench.receiver.refresh(if_none=True)
        bench.now += 3600

    assert (bench.stored.calls, bench.receiver.name(GUARDIAN)) == (1, "Guardian")


@pytest.mark.parametrize("error", [TableUnavailable("down"), UnknownSchema("newer"), DeadlineExceeded()])
def test_what_cannot_be_read_from_the_table_stops_nothing(bench: Bench, error: Exception) -> None:
    bench.next_minute()
    bench.stored.error, bench.now = error, bench.now + 60
    bench.receiver.refresh()
    cold = bench.process()
    cold.refresh()
    assert (bench.receiver.name(GUARDIAN), cold.name(GUARDIAN)) == ("Guardian", GUARDIAN)

    bench.stored.error = None
    cold.refresh()

    assert cold.name(GUARDIAN) == "Guardian"


@pytest.mark.parametrize("error", [TableUnavailable("down"), UnknownSchema("newer")])
def test_the_worker_goes_on_without_the_table(bench: Bench, error: Exception) -> None:
    bench.next_minute()
    bench.stored.error = error

    bench.worker.reread(bench.source)

    assert bench.worker.name(GUARDIAN) == "Guardian"


def test_of_two_runs_at_once_the_first_wins_and_the_next_run_compares_again(bench: Bench) -> None:
    class Slow(Source):
        def read(self, unchanged_tag: str) -> CarriersContent | None:
            content = super().read(unchanged_tag)
            bench.worker.reread(bench.source)
            return content

    bench.source.put(json.dumps({GUARDIAN: "Newer"}))
    bench.process().reread(Slow("Older"))

    assert bench.stored.saved is not None
    assert bench.stored.saved.carriers().name(GUARDIAN) == "Newer"


def test_stored_carriers_of_a_newer_release_are_not_used(bench: Bench) -> None:
    bench.next_minute()
    assert bench.stored.saved is not None
    newer = f'{{"{GUARDIAN}": {{"name": "Guardian", "portal": "x"}}}}'
    bench.stored.saved = replace(bench.stored.saved, text=newer, revision=9)
    bench.now += 60

    bench.receiver.refresh()

    assert bench.receiver.name(GUARDIAN) == "Guardian"
    bench.worker.reread(bench.source)
    assert bench.stored.saved.carriers().name(GUARDIAN) == "Guardian"
