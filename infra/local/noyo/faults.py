"""infra/local/noyo: trouble on the way, queued to strike chosen requests."""

import threading
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    TRUNCATED = "truncated"
    DELAY_BEFORE = "delay_before"
    DELAY_AFTER = "delay_after"
    TOO_MANY = "too_many"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    GARBAGE = "garbage"


@dataclass(frozen=True)
class Fault:
    """One kind of trouble. `times=None` never wears off; `skip` matching requests pass first.

    Without `path_contains` it strikes the API and spares the token endpoint.
    `seconds` (real ones) belongs to delays, `retry_after` to `too_many`, `status` to errors.
    """

    kind: FaultKind | str
    method: str | None = None
    path_contains: str | None = None
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0
    retry_after: str | None = "1"
    status: int = 500

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", FaultKind(self.kind))

    def strikes(self, method: str, path: str) -> bool:
        place = "/api/" if self.path_contains is None else self.path_contains
        return self.method in {None, method} and place in path


class Faults:
    """The queue; the oldest fault that fits a request strikes it, one fault a request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[_Waiting] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._queue.append(_Waiting(fault, fault.times, fault.skip))

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()

    def waiting(self) -> list[Fault]:
        """Faults that have not worn off yet: a test can see that its trouble did happen."""
        with self._lock:
            return [one.fault for one in self._queue]

    def take(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for one in self._queue:
                if one.fault.strikes(method, path) and one.is_ready():
                    if one.is_worn_off():
                        self._queue.remove(one)
                    return one.fault
            return None


@dataclass
class _Waiting:
    fault: Fault
    left: int | None
    to_skip: int

    def is_ready(self) -> bool:
        ready = self.to_skip == 0
        self.to_skip -= 0 if ready else 1
        return ready

    def is_worn_off(self) -> bool:
        if self.left is not None:
            self.left -= 1
        return self.left == 0
