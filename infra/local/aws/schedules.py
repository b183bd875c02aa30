"""EventBridge Scheduler on one machine: runs of one schedule never overlap."""

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Self

from infra.local.aws.functions import Schedule


class Schedules:
    """Calls each function immediately and then at its interval, while the block runs.

    A run that takes longer than the interval delays only the next run of the same schedule.
    """

    def __init__(self, scheduled: list[tuple[Schedule, Callable[[Any], Any]]]) -> None:
        self._stopping = threading.Event()
        self._timers = [_Timer(schedule, invoke, self._stopping) for schedule, invoke in scheduled]
        self._threads = [
            threading.Thread(target=timer.run, name=timer.schedule.name, daemon=True) for timer in self._timers
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def request_stop(self) -> None:
        """Starts no further calls; running ones finish."""
        self._stopping.set()

    def __exit__(self, *_: object) -> None:
        self.request_stop()
        for thread in self._threads:
            thread.join()

    def run_now(self) -> None:
        """Calls each function once more, one after the other, and returns when all have finished."""
        for timer in self._timers:
            timer.call()


class _Timer:
    """One schedule."""

    def __init__(self, schedule: Schedule, invoke: Callable[[Any], Any], stopping: threading.Event) -> None:
        self.schedule, self._invoke, self._stopping = schedule, invoke, stopping
        self._lock = threading.Lock()

    def run(self) -> None:
        while not self._stopping.is_set():
            self.call()
            self._stopping.wait(self.schedule.seconds)

    def call(self) -> None:
        # Errors are recorded where the function is invoked; the schedule goes on.
        with self._lock, suppress(Exception):
            self._invoke(build_event(self.schedule, datetime.now(UTC)))


def build_event(schedule: Schedule, now: datetime) -> Any:
    """The template's input, or the scheduler's own event if there is none."""
    if schedule.input is not None:
        return schedule.input
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "000000000000",
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": [f"arn:aws:scheduler:us-east-1:000000000000:schedule/default/{schedule.name}"],
        "detail": "{}",
    }
