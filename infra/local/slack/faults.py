"""Network and server faults, queued for calls of the Web API and of response URLs."""

import threading
from dataclasses import dataclass, replace
from enum import Enum


class Kind(Enum):
    RESET_BEFORE = "connection reset before anything was done"
    RESET_AFTER = "connection reset after it was done"
    TRUNCATED = "done, but the answer breaks off"
    DELAY = "done late"
    RATE_LIMITED = "429, nothing done"
    SERVER_ERROR = "5xx, nothing done"
    SERVER_ERROR_AFTER = "5xx, although it was done"
    API_ERROR = "refused with a named error, nothing done"


@dataclass(frozen=True)
class Fault:
    """`method` None matches every call; `seconds` is the delay or the Retry-After."""

    kind: Kind
    method: str | None = None
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    error: str = "fatal_error"

    def matches(self, method: str) -> bool:
        return self.method in (None, method)


class Faults:
    """The queue: a call gets the first fault that matches it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def reset_before(self, method: str | None = None, times: int = 1) -> None:
        self.add(Fault(Kind.RESET_BEFORE, method, times))

    def reset_after(self, method: str | None = None, times: int = 1) -> None:
        self.add(Fault(Kind.RESET_AFTER, method, times))

    def truncated(self, method: str | None = None, times: int = 1) -> None:
        self.add(Fault(Kind.TRUNCATED, method, times))

    def delay(self, seconds: float, method: str | None = None, times: int = 1) -> None:
        """Real seconds."""
        self.add(Fault(Kind.DELAY, method, times, seconds=seconds))

    def rate_limited(self, retry_after: int, method: str | None = None, times: int = 1) -> None:
        self.add(Fault(Kind.RATE_LIMITED, method, times, seconds=retry_after))

    def server_error(self, method: str | None = None, times: int = 1, status: int = 500) -> None:
        self.add(Fault(Kind.SERVER_ERROR, method, times, status=status))

    def server_error_after(self, method: str | None = None, times: int = 1, status: int = 503) -> None:
        self.add(Fault(Kind.SERVER_ERROR_AFTER, method, times, status=status))

    def api_error(self, error: str, method: str | None = None, times: int = 1) -> None:
        self.add(Fault(Kind.API_ERROR, method, times, error=error))

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if fault.matches(method):
                    self._use_up(index, fault)
                    return fault
        return None

    def _use_up(self, index: int, fault: Fault) -> None:
        if fault.times > 1:
            self._waiting[index] = replace(fault, times=fault.times - 1)
        else:
            del self._waiting[index]
