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
        self._threads = [
            threading.Thread(target=self._run, args=(schedule, invoke), name=schedule.name, daemon=True)
            for schedule, invoke in scheduled
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

    def _run(self, schedule: Schedule, invoke: Callable[[Any], Any]) -> None:
        while not self._stopping.is_set():
            # Errors are recorded where the function is invoked; the schedule goes on.
            with suppress(Exception):
                invoke(build_event(schedule, datetime.now(UTC)))
            self._stopping.wait(schedule.seconds)


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
