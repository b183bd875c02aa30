"""Runs the local stack with a data set that the bot has loaded already."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Any

from bot.bootstrap import Deployment
from bot.settings import Purpose, read_settings
from bot.usecases.workers import poll_lists
from infra.local import seed_data
from infra.local.datasets.dataset import Dataset
from infra.local.stack import LocalStack

LOADED_INTERVAL = 0.5
"""Seconds between two checks whether the bot has loaded everything."""


CARRIERS_EXAMPLE = Path(__file__).parent.parent / "carriers.json"
"""An example of the file that `CARRIERS_FILE` names."""


@contextmanager
def loaded_stack(
    dataset: Dataset, *, extra_settings: Mapping[str, str] = seed_data.SETTINGS, **options: Any
) -> Iterator[LocalStack]:
    """Runs a stack with this data set and the demo's people. `options` are those of `LocalStack`.

    If its table is embedded, the bot loads everything before its functions start. Otherwise they do so themselves,
    which takes longer. In both cases they report once in the alerts channel.
    """
    embedded, clock = options.get("table_endpoint") is None, options.get("clock", time.time)

    def prepare(stack: LocalStack) -> None:
        seed_data.join_channels(stack.slack)
        if embedded:
            load(clock)

    stack = LocalStack(extra_settings=extra_settings, carriers=_with_details(dataset), prepare=prepare, **options)
    seed_data.add_people(stack.slack)
    with _without_garbage_collection():
        dataset.add_to(stack.noyo, int(clock()))
        stack.start()
    try:
        yield stack
    finally:
        stack.stop()
        gc.unfreeze()


def _with_details(dataset: Dataset) -> dict[str, Any]:
    """The names of its carriers, and the details of those that the example file describes."""
    details = json.loads(CARRIERS_EXAMPLE.read_text("utf-8"))
    return {carrier_id: details.get(carrier_id, name) for carrier_id, name in dataset.carriers.items()}


def load(clock: Callable[[], float]) -> None:
    """Does what the bot's first polls do, in its environment. Raises RuntimeError if they fail."""
    process = _DirectDeployment(read_settings(os.environ, (Purpose.NOYO_CLIENT,)), clock=clock)
    try:
        result = poll_lists(inf, process.noyo_dependencies, check_health=lambda: None)
    finally:
        process.noyo.session.close()
    if result.failed or result.left:
        raise RuntimeError("the bot cannot load what Noyo has")


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Also exempts what exists afterwards: the collector would stop all threads for seconds to look at it."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def is_loaded(stack: LocalStack) -> bool:
    """Whether the bot has reported that it loaded everything, which it does once, in the alerts channel.

    The report is looked for in the table, because Slack may be the real one.
    """
    channel = read_settings(os.environ, needs=()).slack.alerts_channel
    return any("ts" in message for message in stack.items(f"MESSAGE#{channel}"))


def continue_once_loaded(stack: LocalStack, stopping: threading.Event) -> None:
    """Lets some carriers answer once the bot has loaded everything. Returns earlier if `stopping` is set."""
    while not is_loaded(stack):
        if stopping.wait(LOADED_INTERVAL):
            return
    seed_data.let_carriers_answer(stack.noyo)


class _DirectDeployment(Deployment):
    """Writes to the embedded DynamoDB without HTTP, which takes a tenth of the time."""

    def worker_client(self, service: str) -> Any:
        from infra.local.aws.direct import DirectClient  # Importing moto takes about a second.

        client = super().worker_client(service)
        return DirectClient(client) if service == "dynamodb" else client
