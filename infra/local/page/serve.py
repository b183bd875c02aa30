"""`make demo`: the local stack with a data set, and the page on which people try the bot."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress

from starlette.routing import Route

from bot.slack.commands import COMMANDS
from infra.local import environment, seed_data
from infra.local.datasets import SMALL, Dataset
from infra.local.datasets.loading import continue_once_loaded
from infra.local.http_server import HttpServer
from infra.local.page.app import page_app
from infra.local.page.controls.routes import control_routes
from infra.local.real_parts import RealParts
from infra.local.slack.workspace import Json
from infra.local.stack import LocalStack
from infra.local.time_travel import AdjustableClock
from infra.manifest import manifest

EVERYTHING_LOCAL = RealParts()
PORT = 8080
"""Used if it is free."""
LONGEST_RUN = 900.0
"""Seconds; no function on Lambda runs for longer. Functions read their deadline from the stack's clock."""
COMMAND = "/noyo"
TRIES = (
    f"Type {COMMAND} connect, fill in the form, and watch the card change.",
    "In # connection-alerts, choose Retry… and correct the carrier group id.",
    "Choose Two people side by side. As Ben, approve a request in # disconnections; as Cara, reject the same one.",
    "Open Switchboard: Home, claim something that needs the team, and choose Mine.",
)


def serve_page(
    out: Callable[[str], object],
    stopping: threading.Event,
    dataset: Dataset = SMALL,
    parts: RealParts = EVERYTHING_LOCAL,
) -> None:
    """Runs until `stopping` is set. AWS_ENDPOINT_URL_DYNAMODB puts the table on another DynamoDB."""
    if dataset is not SMALL:
        out(f"Loading the {dataset.name} data set, which takes half a minute.")
    clock = AdjustableClock()
    with (
        parts.stack(out, dataset, clock) as stack,
        _controls(parts, stack, clock) as routes,
        _server(stack, routes) as server,
        ending_soon(stack, clock),
    ):
        out(parts.summary(stack))
        out(f"Open {server.url} in a browser. Ctrl-C stops everything.\n\nThings to try:")
        for number, text in enumerate(TRIES[:1] if parts.noyo else TRIES, 1):
            out(f"  {number}. {text}")
        if not parts.noyo:
            continue_once_loaded(stack, stopping)
        stopping.wait()


@contextmanager
def ending_soon(stack: LocalStack, clock: AdjustableClock) -> Iterator[None]:
    """At the end, lets no function work on until its own deadline, which may be minutes away."""
    try:
        yield
    finally:
        stack.begin_nothing()
        clock.advance_to(clock() + LONGEST_RUN)


def _controls(parts: RealParts, stack: LocalStack, clock: AdjustableClock) -> AbstractContextManager[Sequence[Route]]:
    """They act on the fake of Noyo and move the clock, so there are none with Noyo's sandbox."""
    return nullcontext(()) if parts.noyo else control_routes(stack, clock)


def _server(stack: LocalStack, controls: Sequence[Route]) -> HttpServer:
    app = page_app(stack.slack, describe(controls=bool(controls)), controls)
    with suppress(OSError):
        return HttpServer(app, PORT)
    return HttpServer(app)


def describe(*, controls: bool = False) -> Json:
    """What the page needs to know once; `controls` if it has the routes of the controls."""
    commands = [
        {"text": f"{COMMAND} {name}", "hint": command.usage.partition(" ")[2], "description": command.what}
        for name, command in COMMANDS.items()
    ]
    people = [{"id": person.id, "name": person.name, "role": person.role} for person in seed_data.PEOPLE]
    features = manifest("https://localhost")["features"]
    return {
        "people": people,
        "commands": commands,
        "shortcuts": features.get("shortcuts", []),
        "tries": TRIES,
        "first": environment.CONNECTIONS,
        "home": features["app_home"]["home_tab_enabled"],
        "controls": controls,
    }
