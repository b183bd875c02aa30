"""Each function in fresh processes of its built package, under Lambda's own runtime client, with its real events."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.operations import OperationKind, OperationState
from bot.policies import REQUEST_CARD_WAIT_SECONDS
from infra.local.aws.runtime import Intervals
from infra.local.environment import ALERTS, CONNECTIONS
from infra.local.noyo import Fault
from infra.local.stack import LocalStack
from infra.package.packages import PACKAGES
from tests.infra.local.waiting import wait_until
from tests.infra.package.functions import Failed, Functions, Process, Terminated
from tests.system import ANA, REQUEST

pytestmark = [
    pytest.mark.package,
    pytest.mark.timeout(180),
    pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime client runs only on Linux"),
]

INTERVALS = Intervals(schedules=1.0, stream=0.02, retries=0.05)
SLOW_NOYO = {"NOYO_TIMEOUT_SECONDS": "20", "CHECK_AFTER_SECONDS": "21"}
EXECUTE = "handlers.execute_operations.handler"
HANDLERS = [f"{name}.handler" for package in PACKAGES for name in package.handlers]
UNSIGNED_REQUEST: dict[str, Any] = {"headers": {}, "body": "", "isBase64Encoded": False}
RECEIVERS = {"handlers.slack.handler", "handlers.noyo_webhook.handler"}
EVENTS = dict.fromkeys(RECEIVERS, UNSIGNED_REQUEST)


@pytest.fixture
def packages(built_here: dict[str, Path]) -> dict[str, Path]:
    """The folder of the package for each handler."""
    return {f"{name}.handler": built_here[package.name] for package in PACKAGES for name in package.handlers}


@pytest.fixture
def functions(packages: dict[str, Path], client: Path) -> Iterator[Functions]:
    functions = Functions(packages, client)
    yield functions
    functions.end()


@pytest.fixture
def stack(functions: Functions) -> Iterator[LocalStack]:
    with LocalStack(
        handlers=functions.handlers, extra_settings=SLOW_NOYO, intervals=INTERVALS, on_problem=lambda _: None
    ) as stack:
        stack.slack.add_user(ANA, "Ana")
        for channel in (CONNECTIONS, ALERTS):
            stack.slack.workspace.channels[channel].members.add(ANA)
        _wait_for_processes(stack, functions)
        yield stack


def _wait_for_processes(stack: LocalStack, functions: Functions) -> None:
    """Wait until all processes have started; on Lambda each has its own CPU, here they share a few."""
    workers = set(HANDLERS) - RECEIVERS
    started = wait_until(lambda: {name for name, _, _ in functions.events} >= workers, 60)
    assert started, [f"{crash.function}: {crash.error}" for crash in stack.crashes]
    assert wait_until(lambda: stack.slack.command(ANA, CONNECTIONS, "/noyo", "help").error is None, 60)


def request_connection(stack: LocalStack) -> None:
    view = stack.slack.command(ANA, CONNECTIONS, "/noyo", "connect").view
    assert view is not None
    reply = stack.slack.submit(ANA, view.id, REQUEST)
    assert (reply.error, reply.errors) == (None, {})


def channel_text(stack: LocalStack, channel: str) -> str:
    return "\n".join(stack.slack.render(message) for message in stack.slack.channel(channel))


def test_a_request_reaches_its_card_and_a_failure_its_alert(stack: LocalStack, functions: Functions) -> None:
    request_connection(stack)
    assert wait_until(lambda: "Test Company" in channel_text(stack, CONNECTIONS) and bool(stack.noyo.connections()), 30)
    connection_id = stack.noyo.connections()[0]["id"]
    stack.noyo.move_connection(connection_id, "unable_to_connect", error="Group not found")
    assert wait_until(lambda: "Group not found" in channel_text(stack, ALERTS), 30)

    assert stack.settle(REQUEST_CARD_WAIT_SECONDS + 30)
    assert stack.crashes == []
    kinds = {(handler, _kind(event)) for handler, event, _ in functions.events}
    assert kinds == {
        ("handlers.slack.handler", "http"),
        ("handlers.noyo_webhook.handler", "http"),
        ("handlers.execute_operations.handler", "stream"),
        ("handlers.execute_operations.handler", "schedule"),
        ("handlers.notify.handler", "stream"),
        ("handlers.notify.handler", "schedule"),
        ("handlers.poll.handler", "schedule"),
    }


def _kind(event: dict[str, Any]) -> str:
    return "http" if "rawPath" in event else "stream" if "Records" in event else "schedule"


def _set_timeout(functions: Functions) -> None:
    functions.cut_after[EXECUTE] = 6


def _kill(functions: Functions) -> None:
    for process in functions.running(EXECUTE):
        process.process.kill()


@pytest.mark.parametrize("end_process", [_set_timeout, _kill])
def test_an_operation_recovers_from_a_killed_function_and_is_sent_once(
    stack: LocalStack, functions: Functions, end_process: Callable[[Functions], None]
) -> None:
    """Noyo accepts the request and answers slowly; meanwhile the process that waits for the answer ends."""
    stack.noyo.faults.add(Fault("delay_after", method="POST", seconds=15))
    if end_process is _set_timeout:
        end_process(functions)
    request_connection(stack)
    assert wait_until(lambda: bool(stack.noyo.connections()), 30)
    if end_process is _kill:
        end_process(functions)
    assert wait_until(lambda: bool(stack.crashes), 30)
    assert {type(crash.error) for crash in stack.crashes} == {Terminated}
    functions.cut_after.clear()

    # The next workers, started by the stream or the schedule, find the operation claimed and skip it.
    before = len(functions.events)
    assert wait_until(lambda: [name for name, _, _ in functions.events[before:]].count(EXECUTE) >= 3, 30)
    assert _operation(stack)["state"]["S"] == OperationState.SENDING

    assert wait_until(lambda: _recovered(stack), 60)
    assert wait_until(lambda: len(write_requests(stack)) == 1)
    assert len(stack.noyo.connections()) == 1
    assert wait_until(lambda: "Test Company" in channel_text(stack, CONNECTIONS), 30)


def write_requests(stack: LocalStack) -> list[Any]:
    """The requests that change something at Noyo."""
    requests = stack.noyo.requests
    return [each for each in requests if each.method != "GET" and each.path.startswith("/api/")]


def _operation(stack: LocalStack) -> dict[str, Any]:
    client = stack.table_client()
    items = client.scan(TableName=stack.table_name)["Items"]
    client.close()
    operations = [item for item in items if item["pk"]["S"].startswith("OPERATION#")]
    (item,) = [item for item in operations if item["kind"]["S"] != OperationKind.REFRESH_RECORD]
    operation: dict[str, Any] = item
    return operation


def _recovered(stack: LocalStack) -> bool:
    """Whether the operation has succeeded; if not, its times in the table are moved into the past."""
    item = _operation(stack)
    past = {":past": {"N": str(int(time.time()) - 1)}}
    if item["state"]["S"] == OperationState.SENDING:
        _set(stack, item, "SET lease_until = :past, due = :past", "lease = :lease", past | {":lease": item["lease"]})
    elif item["state"]["S"] == OperationState.RECONCILING and "lease" not in item:
        _set(stack, item, "SET due = :past", "attribute_not_exists(lease)", past)
    return item["state"]["S"] == OperationState.SUCCEEDED


def _set(stack: LocalStack, item: dict[str, Any], update: str, where: str, values: dict[str, Any]) -> None:
    client = stack.table_client()
    try:
        client.update_item(
            TableName=stack.table_name,
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression=update,
            ConditionExpression=where,
            ExpressionAttributeValues=values,
        )
    except client.exceptions.ConditionalCheckFailedException:
        return  # A worker changed it first.
    finally:
        client.close()


# ---------------------------------------------------------------- functions that cannot start


@pytest.fixture
def start(client: Path) -> Iterator[Callable[..., Process]]:
    started = []

    def start_process(handler: str, package: Path, **variables: str) -> Process:
        started.append(Process(handler, package, client, variables))
        return started[-1]

    yield start_process
    for process in started:
        process.end()


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_function_without_settings_names_all_missing_ones(
    packages: dict[str, Path], start: Callable[..., Process], handler: str
) -> None:
    process = start(handler, packages[handler], AWS_REGION="us-east-1", TABLE_NAME="here")

    with pytest.raises(Failed, match=r"^SettingsError: The settings cannot be used: ") as failed:
        process(EVENTS.get(handler, {}), 30)
    missing = {"ENVIRONMENT", "SLACK_TEAM_ID", "SLACK_APP_ID", "CHANNEL_CONNECTIONS", "KMS_KEY_ID"}
    assert {name for name in missing if f"{name} is missing" in str(failed.value)} == missing
    assert "TABLE_NAME" not in str(failed.value)


@pytest.mark.parametrize("handler", HANDLERS)
def test_an_incomplete_package_fails_at_the_start_with_the_missing_module(
    packages: dict[str, Path], start: Callable[..., Process], tmp_path: Path, handler: str
) -> None:
    incomplete = shutil.copytree(packages[handler], tmp_path / "incomplete")
    shutil.rmtree(incomplete / "bot/domain")
    process = start(handler, incomplete)

    with pytest.raises(Failed, match=r"Unable to import module .* No module named 'bot\.domain'") as failed:
        process(EVENTS.get(handler, {}), 30)
    assert failed.value.posted.kind == "init"
    assert process.process.wait(10) == 1
