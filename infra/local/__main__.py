"""infra/local: what `make demo` and `make serve` run."""

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
from infra.local.serve import serve
from infra.local.stack import LocalStack

AS_TOLD, OTHERWISE, INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    demo_ = commands.add_parser("demo", help="the whole story on this machine")
    demo_.add_argument(
        "--once", action="store_true", help="end by itself: status 0 if the story went as told"
    )
    commands.add_parser("serve", help="the bot alone, against what the settings name")
    asked = parser.parse_args(arguments)
    # SIGTERM ends it as Ctrl-C does: everything that was started is stopped on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return serve() if asked.command == "serve" else demo(once=asked.once)
    except KeyboardInterrupt:
        return INTERRUPTED


def demo(*, once: bool, stopping: threading.Event | None = None) -> int:
    """Plays the story; then stays up, unless `once`, until `stopping` is set or the process is interrupted.

    AWS_ENDPOINT_URL_DYNAMODB puts the table on another engine.
    """
    play = import_module("infra.local.demo.story").play
    out = partial(print, flush=True)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
    with LocalStack(more=environment.DEMO_SETTINGS, table_endpoint=endpoint) as machine:
        status = AS_TOLD if play(machine, out) else OTHERWISE
        if not once:
            with suppress(KeyboardInterrupt):
                out(f"The bot listens at {machine.slack_url}; Ctrl-C stops everything.")
                (stopping or threading.Event()).wait()
    return status


if __name__ == "__main__":
    sys.exit(main())
