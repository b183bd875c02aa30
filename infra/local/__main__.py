"""The commands behind `make demo` and `make serve`."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module

from infra.local import environment
from infra.local.datasets import DATASETS, SMALL, Dataset
from infra.local.serve import serve
from infra.local.stack import LocalStack

PASSED, FAILED, INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    demo_command = commands.add_parser("demo", help="serve a page for trying the bot on this machine")
    demo_command.add_argument(
        "--world", choices=DATASETS, default=SMALL.name, dest="dataset", help="what Noyo has at the start"
    )
    demo_command.add_argument("--once", action="store_true", help="play the story instead; status 0 if it passed")
    commands.add_parser("serve", help="serve the bot alone, with the Slack, Noyo and AWS of the settings")
    options = parser.parse_args(arguments)
    # SIGTERM has the effect of Ctrl-C, so that everything that was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.command == "serve":
            return serve()
        return play_story() if options.once else demo(DATASETS[options.dataset])
    except KeyboardInterrupt:
        return INTERRUPTED


def demo(dataset: Dataset = SMALL, *, stopping: threading.Event | None = None) -> int:
    """Serves the page until `stopping` is set or the process is interrupted."""
    serve_page = import_module("infra.local.page.serve").serve_page
    with suppress(KeyboardInterrupt):
        serve_page(partial(print, flush=True), stopping or threading.Event(), dataset)
    return PASSED


def play_story() -> int:
    """AWS_ENDPOINT_URL_DYNAMODB puts the table on another DynamoDB."""
    play = import_module("infra.local.demo.story").play
    endpoint = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
    with LocalStack(extra_settings=environment.DEMO_SETTINGS, table_endpoint=endpoint) as stack:
        return PASSED if play(stack, partial(print, flush=True)) else FAILED


if __name__ == "__main__":
    sys.exit(main())
