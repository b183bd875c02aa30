"""Network and server faults, queued for chosen requests."""

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
    FALSE_ANSWER = "false_answer"
    FALSE_ANSWER_AFTER = "false_answer_after"


@dataclass(frozen=True)
class Fault:
    """Affects so many (`times`) matching requests, or all if None, after the first `skip` of them.

    `false_answer` processes nothing and answers with `status` and `body`; `false_answer_after` processes the request
    and answers with them.
    Without `path_contains` it affects the API but not the token endpoint. `seconds` (real ones) is for delays,
    `retry_after` for `too_many`, `status` for errors.
    """

    kind: FaultKind | str
    method: str | None = None
    only_writes: bool = False
    path_contains: str | None = None
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0
    retry_after: str | None = "1"
    status: int = 500
    body: object = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", FaultKind(self.kind))

    def matches(self, method: str, path: str) -> bool:
        part = "/api/" if self.path_contains is None else self.path_contains
        return self.method in {None, method} and part in path and not (self.only_writes and method == "GET")


class Faults:
    """The queue: a request gets the oldest fault that matches it, and only one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[_Entry] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._queue.append(_Entry(fault, fault.times, fault.skip))

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()

    def pending(self) -> list[Fault]:
        """Faults that are still queued, so that a test can check that its fault did happen."""
        with self._lock:
            return [entry.fault for entry in self._queue]

    def take(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for entry in self._queue:
                if entry.fault.matches(method, path) and entry.is_ready():
                    if entry.is_used_up():
                        self._queue.remove(entry)
                    return entry.fault
            return None


@dataclass
class _Entry:
    fault: Fault
    left: int | None
    to_skip: int

    def is_ready(self) -> bool:
        ready = self.to_skip == 0
        self.to_skip -= 0 if ready else 1
        return ready

    def is_used_up(self) -> bool:
        if self.left is not None:
            self.left -= 1
        return self.left == 0
