"""The controls' part of the page's HTTP application: what the drawer shows (server-sent events), and its actions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from infra.local.http_server import watched
from infra.local.page.app import answer_action, changes
from infra.local.page.controls.events import ZONE, Act, Events
from infra.local.page.controls.stored import stored
from infra.local.page.controls.traffic import Traffic
from infra.local.page.controls.why import why
from infra.local.slack import NotPossible
from infra.local.slack.workspace import Json
from infra.local.stack import LocalStack
from infra.local.time_travel import AdjustableClock

CHECKS_PER_SECOND = 4
"""How often the drawer is updated."""


@contextmanager
def control_routes(stack: LocalStack, clock: AdjustableClock) -> Iterator[list[Route]]:
    """The routes for a started stack with this clock. At the end, a move of the clock ends."""
    events, traffic = Events(stack, clock), Traffic(stack)
    actions: dict[str, Act] = events.actions | {
        "stored": lambda given: stored(stack, given["view"], ZONE),
        "why": lambda given: why(stack, given["channel"], given["ts"], ephemeral=given["ephemeral"]),
    }

    async def follow(request: Request) -> Response:
        parts = frozenset(request.query_params.get("parts", "").split(","))
        containing = request.query_params.get("containing", "")

        def read() -> Json:
            return events.state() | {"requests": traffic.newest(parts, containing)}

        stream = changes(read, lambda: int(time.monotonic() * CHECKS_PER_SECOND))
        return StreamingResponse(stream, media_type="text/event-stream")

    def act(name: str, given: Json) -> Json:
        if name not in actions:
            raise NotPossible(f"there is no control {name}")
        return actions[name](given)

    async def answer(request: Request) -> Response:
        return await answer_action(request, act)

    try:
        with watched(traffic.see):
            yield [Route("/controls", follow), Route("/controls/{name}", answer, methods=["POST"])]
    finally:
        events.close()
