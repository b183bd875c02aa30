"""Every module can be imported without environment and network; the receivers load no slow libraries."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.architecture import tree

# Attempts are recorded, in case the importing code catches the error.
IMPORT_ALL = """
import gc, importlib, json, sys, threading
connections = []
def refuse(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        connections.append(f"{event} {args[1:] if event == 'socket.connect' else args}")
        raise RuntimeError(f"an import used the network: {event}")
sys.addaudithook(refuse)
failed = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed[name] = repr(error)
print(json.dumps({
    "failed": failed,
    "connections": connections,
    "threads": [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()],
    "loaded": sorted({name.partition(".")[0] for name in sys.modules}),
    "collects": gc.isenabled(),
    "frozen": gc.get_freeze_count(),
    "tracked": len(gc.get_objects()),
    "modules": sorted(name for name in sys.modules if name.startswith("bot.")),
}))
"""


def import_in_new_process(*names: str) -> dict[str, Any]:
    command = [sys.executable, "-c", IMPORT_ALL, *names]
    process = subprocess.run(command, cwd=tree.ROOT, env={}, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return result


@pytest.fixture(scope="module")
def after_all_imports() -> dict[str, Any]:
    return import_in_new_process(*tree.modules("bot", "handlers"))


def test_every_module_imports_with_an_empty_environment(after_all_imports: dict[str, Any]) -> None:
    assert after_all_imports["failed"] == {}


def test_no_import_uses_the_network(after_all_imports: dict[str, Any]) -> None:
    assert after_all_imports["connections"] == []


def test_no_import_starts_a_thread(after_all_imports: dict[str, Any]) -> None:
    assert after_all_imports["threads"] == []


def test_the_slack_receiver_loads_no_slow_libraries() -> None:
    result = import_in_new_process("handlers.slack")

    assert result["failed"] == {}
    assert {"httpx", "pydantic", "boto3", "aws_xray_sdk"} & set(result["loaded"]) == set()


def test_the_slack_receiver_loads_nothing_that_only_workers_use() -> None:
    workers_only = (
        "notifications.publish",
        "admin.health_checks",
        "admin.grant_audit",
        "operations.execute",
        "records.",
    )
    prefixes = tuple(f"bot.usecases.{name}" for name in workers_only) + ("bot.noyo.",)

    loaded = import_in_new_process("handlers.slack")["modules"]

    # Claims are stored by the receiver itself.
    assert [name for name in loaded if name.startswith(prefixes)] == ["bot.usecases.records.claim"]


@pytest.mark.parametrize("receiver", ["handlers.slack", "handlers.noyo_webhook"])
def test_the_first_garbage_collection_skips_what_a_receiver_has_loaded(receiver: str) -> None:
    result = import_in_new_process(receiver)

    assert result["collects"]
    assert result["frozen"] > 10 * result["tracked"]


def test_the_webhook_receiver_loads_no_slack_libraries() -> None:
    result = import_in_new_process("handlers.noyo_webhook")

    assert result["failed"] == {}
    slow = {"httpx", "pydantic", "boto3", "aws_xray_sdk", "slack_bolt", "slack_sdk", "aws_lambda_powertools"}
    assert slow & set(result["loaded"]) == set()


def test_a_module_that_cannot_be_imported_is_reported() -> None:
    assert "ModuleNotFoundError" in import_in_new_process("bot.nowhere")["failed"]["bot.nowhere"]


def test_loaded_libraries_are_reported() -> None:
    assert {"httpx", "pydantic"} <= set(import_in_new_process("httpx", "pydantic")["loaded"])
