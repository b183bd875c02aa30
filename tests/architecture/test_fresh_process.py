"""Every module imports with an empty environment and no network; the receiver stays lean."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.architecture import tree

# Attempts are kept as well as refused, for the case that the importing code swallows the refusal.
IMPORT_ALL = """
import importlib, json, sys, threading
reached = []
def refuse(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        reached.append(f"{event} {args[1:] if event == 'socket.connect' else args}")
        raise RuntimeError(f"reached for the network at import: {event}")
sys.addaudithook(refuse)
failed = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed[name] = repr(error)
print(json.dumps({
    "failed": failed,
    "reached": reached,
    "threads": [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()],
    "loaded": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""


def import_in_a_fresh_process(*names: str) -> dict[str, Any]:
    command = [sys.executable, "-c", IMPORT_ALL, *names]
    done = subprocess.run(command, cwd=tree.ROOT, env={}, capture_output=True, text=True, check=True)
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


@pytest.fixture(scope="module")
def after_everything() -> dict[str, Any]:
    return import_in_a_fresh_process(*tree.modules("bot", "handlers"))


def test_every_module_imports_with_an_empty_environment(after_everything: dict[str, Any]) -> None:
    assert after_everything["failed"] == {}


def test_no_import_reaches_for_the_network(after_everything: dict[str, Any]) -> None:
    assert after_everything["reached"] == []


def test_no_import_starts_a_thread(after_everything: dict[str, Any]) -> None:
    assert after_everything["threads"] == []


def test_the_receiver_loads_nothing_that_makes_a_cold_start_slow() -> None:
    seen = import_in_a_fresh_process("handlers.slack")

    assert seen["failed"] == {}
    assert {"httpx", "pydantic", "boto3", "aws_xray_sdk"} & set(seen["loaded"]) == set()


def test_the_receiver_of_webhooks_loads_even_less() -> None:
    seen = import_in_a_fresh_process("handlers.noyo_webhook")

    assert seen["failed"] == {}
    slow = {"httpx", "pydantic", "boto3", "aws_xray_sdk", "slack_bolt", "slack_sdk", "aws_lambda_powertools"}
    assert slow & set(seen["loaded"]) == set()


def test_a_module_that_does_not_import_is_seen() -> None:
    assert "ModuleNotFoundError" in import_in_a_fresh_process("bot.nowhere")["failed"]["bot.nowhere"]


def test_what_an_import_loads_is_seen() -> None:
    assert {"httpx", "pydantic"} <= set(import_in_a_fresh_process("httpx", "pydantic")["loaded"])
