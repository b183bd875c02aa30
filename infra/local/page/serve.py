"""`make demo`: the local stack with seeded data, and the page on which people try the bot."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from starlette.routing import Route

from bot.slack.commands import COMMANDS
from infra.local import environment, seed_data
from infra.local.datasets import SMALL, Dataset
from infra.local.datasets.loading import is_loaded, loaded_stack
from infra.local.http_server import HttpServer
from infra.local.page.app import page_app
from infra.local.page.controls.routes import control_routes
from infra.local.slack.workspace import Json
from infra.local.stack import LocalStack
from infra.local.time_travel import AdjustableClock
from infra.manifest import manifest

PORT = 8080
"""Used if it is free."""
LOADED_INTERVAL = 0.2
"""Seconds between two looks whether the bot has loaded everything."""
COMMAND = "/noyo"
TRIES = (
    f"Type {COMMAND} connect, fill in the form, and watch the card change.",
    "In # connection-alerts, choose Retry… and correct the carrier group id.",
    "Choose Two people side by side. As Ben, approve a request in # disconnections; as Cara, reject the same one.",
)


def serve_page(out: Callable[[str], object], stopping: threading.Event, dataset: Dataset = SMALL) -> None:
    """Runs until `stopping` is set. AWS_ENDPOINT_URL_DYNAMODB puts the table on another DynamoDB."""
    if dataset is not SMALL:
        out(f"Loading the {dataset.name} data set, which takes half a minute.")
    clock, table_endpoint = AdjustableClock(), os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
    with (
        loaded_stack(dataset, table_endpoint=table_endpoint, clock=clock, on_problem=out) as stack,
        control_routes(stack, clock) as routes,
        _server(stack, routes) as server,
    ):
        out(f"Open {server.url} in a browser. Ctrl-C stops everything.\n\nThings to try:")
        for number, text in enumerate(TRIES, 1):
            out(f"  {number}. {text}")
        while not is_loaded(stack) and not stopping.wait(LOADED_INTERVAL):
            pass
        seed_data.continue_story(stack.noyo)
        stopping.wait()


def _server(stack: LocalStack, controls: Sequence[Route]) -> HttpServer:
    app = page_app(stack.slack, describe(controls=True), controls)
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
