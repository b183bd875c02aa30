"""Invokes functions as Lambda does: JSON in and out, and a context with a deadline."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from infra.local.aws.functions import Function

Handler = Callable[[Any, Any], Any]


class ProcessKilled(BaseException):
    """Ends a handler at once, wherever it is, as if Lambda ended its process."""


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What Lambda passes to a handler besides the event."""

    function_name: str
    memory_limit_in_mb: str
    invoked_function_arn: str
    deadline: float
    """On the monotonic clock."""
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    log_group_name: str = "local"
    log_stream_name: str = "local"
    client_context: None = None
    identity: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


@dataclass(frozen=True, slots=True)
class Crash:
    """A handler raised `error`, which has its own traceback."""

    function: str
    error: Exception


class Activity:
    """Counts running invocations that an event caused, and records handlers that raised."""

    def __init__(self, on_crash: Callable[[Crash], None]) -> None:
        self._lock = threading.Lock()
        self._on_crash = on_crash
        self.event_driven = 0
        self.ending = False
        """Once True, functions are called without any time left, so that they begin nothing."""
        self.crashes: list[Crash] = []

    @contextmanager
    def track(self, function: str, *, event_driven: bool) -> Iterator[None]:
        self._add(int(event_driven))
        try:
            yield
        except Exception as error:
            crash = Crash(function, error)
            self.crashes.append(crash)
            self._on_crash(crash)
            raise
        finally:
            self._add(-int(event_driven))

    def _add(self, number: int) -> None:
        with self._lock:
            self.event_driven += number


@dataclass(frozen=True, slots=True)
class Invoker:
    """One function. Several threads may call it, like several execution environments."""

    function: Function
    handler: Handler
    activity: Activity

    def __call__(self, event: Any) -> Any:
        """The handler's result after a JSON round trip. Raises what the handler raises."""
        return self._invoke(event, event_driven=True)

    def on_schedule(self, event: Any) -> Any:
        return self._invoke(event, event_driven=False)

    def _invoke(self, event: Any, *, event_driven: bool) -> Any:
        event = json.loads(json.dumps(event))
        with self.activity.track(self.function.name, event_driven=event_driven):
            try:
                return json.loads(json.dumps(self.handler(event, self._context())))
            except ProcessKilled:
                raise RuntimeError("its process was killed") from None

    def _context(self) -> LambdaContext:
        name = self.function.name
        return LambdaContext(
            function_name=name,
            memory_limit_in_mb=str(self.function.memory),
            invoked_function_arn=f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
            deadline=time.monotonic() + (0 if self.activity.ending else self.function.timeout),
        )


def load_handler(path: str) -> Handler:
    """Imports a handler by the name that the template gives: `handlers.poll.handler`."""
    module, _, attribute = path.rpartition(".")
    handler: Handler = getattr(import_module(module), attribute)
    return handler
