"""infra/local: what AWS does around the handlers: the door, the pump and the schedules, as the template says."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Self

from infra.local.aws.api_gateway import ApiGateway, Integration
from infra.local.aws.functions import Function, Schedule
from infra.local.aws.invocation import Activity, Handler, Invoker, load_handler
from infra.local.aws.schedules import Schedules
from infra.local.aws.stream_poller import StreamPoller, Subscription


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds. `schedules` None: as often as the template says."""

    schedules: float | None = None
    stream: float = 0.25
    retries: float = 1.0


class Runtime:
    """Serves the functions while the block runs; `url` is the door's.

    `handlers` by the names that the template gives them; None imports those. `streams` reads the table's stream.
    """

    def __init__(
        self,
        functions: Sequence[Function],
        *,
        streams: Any,
        stream_arn: str,
        troubled: Callable[[str], None],
        activity: Activity,
        handlers: Mapping[str, Handler] | None = None,
        port: int = 0,
        pace: Intervals = Intervals(),
    ) -> None:
        invokers = [
            Invoker(function, _handler(function, handlers), activity)
            for function in functions
            if handlers is None or function.handler in handlers
        ]
        self._stack = ExitStack()
        self.functions = tuple(invoker.function for invoker in invokers)
        self._door = ApiGateway(_routes(invokers), port=port)
        self._pump = StreamPoller(
            streams,
            stream_arn,
            [Subscription(mapping, invoker) for invoker in invokers for mapping in invoker.function.mappings],
            pause=pace.stream,
            retry_pause=pace.retries,
            troubled=troubled,
        )
        self._schedules = Schedules(
            [
                (_paced(schedule, pace), invoker.on_schedule)
                for invoker in invokers
                for schedule in invoker.function.schedules
            ]
        )
        self.url = self._door.url

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for part in (self._door, self._pump, self._schedules):
                stack.enter_context(part)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._schedules.stop_calling()
        self._pump.stop_calling()
        self._stack.close()


def _handler(function: Function, handlers: Mapping[str, Handler] | None) -> Handler:
    return load_handler(function.handler) if handlers is None else handlers[function.handler]


def _routes(invokers: Sequence[Invoker]) -> dict[Any, Integration]:
    return {
        route: Integration(invoker, invoker.function.timeout)
        for invoker in invokers
        for route in invoker.function.routes
    }


def _paced(schedule: Schedule, pace: Intervals) -> Schedule:
    return schedule if pace.schedules is None else replace(schedule, seconds=pace.schedules)
