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

from bot.errors import SettingsError
from infra.local import environment
from infra.local.datasets import DATASETS, SMALL, Dataset
from infra.local.real_parts import RealParts, read_real_parts, serve_real_slack
from infra.local.serve import UNREACHABLE, UNUSABLE, serve
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
    demo_command.add_argument("--slack", choices=["fake", "real"], default="fake")
    demo_command.add_argument("--noyo", choices=["fake", "sandbox"], default="fake")
    commands.add_parser("serve", help="serve the bot alone, with the Slack, Noyo and AWS of the settings")
    options = parser.parse_args(arguments)
    # SIGTERM has the effect of Ctrl-C, so that everything that was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.command == "serve":
            return serve()
        return run_demo(parser, options)
    except KeyboardInterrupt:
        return INTERRUPTED


def run_demo(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Only what the command names is real: variables of the environment alone never are enough."""
    slack, noyo = options.slack == "real", options.noyo == "sandbox"
    if options.once and (slack or noyo):
        parser.error("the story is played on fakes only")
    if options.once and options.dataset != SMALL.name:
        parser.error(f"the story has its own data: WORLD={options.dataset} is for the page only")
    if noyo and options.dataset != SMALL.name:
        parser.error(f"NOYO=sandbox has its own data: WORLD={options.dataset} is for the fake of Noyo only")
    if options.once:
        return play_story()
    try:
        return demo(DATASETS[options.dataset], parts=read_real_parts(os.environ, slack=slack, noyo=noyo))
    except SettingsError as error:
        print(f"{error}\nREADME.md describes them under Settings.", file=sys.stderr)
        return UNUSABLE
    except ConnectionError as error:
        print(f"The demo cannot be served: {error}", file=sys.stderr)
        return UNREACHABLE


def demo(dataset: Dataset = SMALL, *, parts: RealParts | None = None, stopping: threading.Event | None = None) -> int:
    """Serves the page, or the real Slack, until `stopping` is set or the process is interrupted."""
    parts, stopping, out = parts or RealParts(), stopping or threading.Event(), partial(print, flush=True)
    with suppress(KeyboardInterrupt):
        if parts.slack:
            serve_real_slack(parts, out, stopping, dataset)
        else:
            import_module("infra.local.page.serve").serve_page(out, stopping, dataset, parts)
    return PASSED


def play_story() -> int:
    """AWS_ENDPOINT_URL_DYNAMODB puts the table on another DynamoDB."""
    play = import_module("infra.local.demo.story").play
    endpoint = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
    with LocalStack(extra_settings=environment.STORY_SETTINGS, table_endpoint=endpoint) as stack:
        return PASSED if play(stack, partial(print, flush=True)) else FAILED


if __name__ == "__main__":
    sys.exit(main())
