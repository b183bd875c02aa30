"""infra/local: a function called as Lambda calls it: JSON in, JSON out, a context with a deadline."""

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


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What Lambda hands to a handler beside the event."""

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
    """A handler raised; the trace is the error's own."""

    function: str
    error: Exception


class Activity:
    """How many invocations that something woke are under way, and every handler that raised."""

    def __init__(self, on_crash: Callable[[Crash], None]) -> None:
        self._lock = threading.Lock()
        self._on_crash = on_crash
        self.event_driven = 0
        self.crashes: list[Crash] = []

    @contextmanager
    def track(self, function: str, *, woken: bool) -> Iterator[None]:
        self._add(int(woken))
        try:
            yield
        except Exception as error:
            crash = Crash(function, error)
            self.crashes.append(crash)
            self._on_crash(crash)
            raise
        finally:
            self._add(-int(woken))

    def _add(self, number: int) -> None:
        with self._lock:
            self.event_driven += number


@dataclass(frozen=True, slots=True)
class Invoker:
    """One function, ready to be called; several threads may, as several of its environments would."""

    function: Function
    handler: Handler
    activity: Activity

    def __call__(self, event: Any) -> Any:
        """The handler's answer as JSON makes it. Raises what the handler raises."""
        return self._invoke(event, woken=True)

    def on_schedule(self, event: Any) -> Any:
        return self._invoke(event, woken=False)

    def _invoke(self, event: Any, *, woken: bool) -> Any:
        given = json.loads(json.dumps(event))
        with self.activity.track(self.function.name, woken=woken):
            return json.loads(json.dumps(self.handler(given, self._context())))

    def _context(self) -> LambdaContext:
        name = self.function.name
        return LambdaContext(
            function_name=name,
            memory_limit_in_mb=str(self.function.memory),
            invoked_function_arn=f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
            deadline=time.monotonic() + self.function.timeout,
        )


def load_handler(path: str) -> Handler:
    """The handler that the template names, `handlers.poll.handler`, imported as Lambda imports it."""
    module, _, attribute = path.rpartition(".")
    handler: Handler = getattr(import_module(module), attribute)
    return handler
