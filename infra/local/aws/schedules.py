"""infra/local: the schedules, as EventBridge Scheduler keeps them, but never twice at once."""

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Self

from infra.local.aws.functions import Schedule


class Schedules:
    """Calls each function at once and then every so often, while the block runs.

    A run that takes longer than its pause delays the next one of the same schedule, and only that.
    """

    def __init__(self, scheduled: list[tuple[Schedule, Callable[[Any], Any]]]) -> None:
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep, args=(schedule, invoke), name=schedule.name, daemon=True)
            for schedule, invoke in scheduled
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def stop_calling(self) -> None:
        """No further call begins; those under way end in their own time."""
        self._stopping.set()

    def __exit__(self, *_: object) -> None:
        self.stop_calling()
        for thread in self._threads:
            thread.join()

    def _keep(self, schedule: Schedule, invoke: Callable[[Any], Any]) -> None:
        while not self._stopping.is_set():
            # What it raises is noted where it is invoked; the next run comes all the same.
            with suppress(Exception):
                invoke(build_event(schedule, datetime.now(UTC)))
            self._stopping.wait(schedule.seconds)


def build_event(schedule: Schedule, now: datetime) -> Any:
    """The template's own input, or what the scheduler sends where there is none."""
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
