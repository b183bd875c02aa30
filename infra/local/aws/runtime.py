"""Runs the functions as AWS does: the API Gateway, the stream poller and the schedules that the template describes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Self

from infra.local.aws.api_gateway import ApiGateway, Integration
from infra.local.aws.functions import Function, Route, Schedule
from infra.local.aws.invocation import Activity, Handler, Invoker, load_handler
from infra.local.aws.schedules import Schedules
from infra.local.aws.stream_poller import StreamPoller, Subscription


@dataclass(frozen=True, slots=True)
class Intervals:
    """In seconds. `schedules` None uses the template's own intervals."""

    schedules: float | None = None
    stream: float = 0.25
    retries: float = 1.0


class Runtime:
    """Serves the functions while the block runs; `url` is the API Gateway's.

    `handlers` are keyed by their names in the template; None imports them. `streams` is a client for the stream.
    `routes` are the functions that API Gateway calls.
    """

    def __init__(
        self,
        functions: Sequence[Function],
        *,
        streams: Any,
        stream_arn: str,
        on_problem: Callable[[str], None],
        activity: Activity,
        handlers: Mapping[str, Handler] | None = None,
        port: int = 0,
        intervals: Intervals = Intervals(),
    ) -> None:
        invokers = [
            Invoker(function, _handler(function, handlers), activity)
            for function in functions
            if handlers is None or function.handler in handlers
        ]
        self._open = ExitStack()
        self.functions = tuple(invoker.function for invoker in invokers)
        self.routes = _routes(invokers)
        self._gateway = ApiGateway(self.routes, port=port)
        self._poller = StreamPoller(
            streams,
            stream_arn,
            [Subscription(mapping, invoker) for invoker in invokers for mapping in invoker.function.mappings],
            interval=intervals.stream,
            retry_pause=intervals.retries,
            on_problem=on_problem,
        )
        self._schedules = Schedules(
            [
                (_with_interval(schedule, intervals), invoker.on_schedule)
                for invoker in invokers
                for schedule in invoker.function.schedules
            ]
        )
        self.url = self._gateway.url

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            for part in (self._gateway, self._poller, self._schedules):
                opening.enter_context(part)
            self._open = opening.pop_all()
        return self

    def run_schedules(self) -> None:
        """Calls each scheduled function once, and returns when all have finished."""
        self._schedules.run_now()

    def __exit__(self, *_: object) -> None:
        self._schedules.request_stop()
        self._poller.request_stop()
        self._open.close()


def _handler(function: Function, handlers: Mapping[str, Handler] | None) -> Handler:
    return load_handler(function.handler) if handlers is None else handlers[function.handler]


def _routes(invokers: Sequence[Invoker]) -> dict[Route, Integration]:
    return {
        route: Integration(invoker, invoker.function.timeout)
        for invoker in invokers
        for route in invoker.function.routes
    }


def _with_interval(schedule: Schedule, intervals: Intervals) -> Schedule:
    return schedule if intervals.schedules is None else replace(schedule, seconds=intervals.schedules)
