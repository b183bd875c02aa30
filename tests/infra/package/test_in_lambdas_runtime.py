"""Each function in fresh processes of its built package, under Lambda's own runtime client, with its real events."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.environment import ALERTS, CONNECTIONS
from infra.local.machine import Machine
from infra.local.noyo import Fault
from infra.local.runtime import Pace
from infra.package.packages import PACKAGES
from tests.infra.local.waiting import until
from tests.infra.package.functions import Failed, Functions, Gone, Process
from tests.world import ANA, REQUEST

pytestmark = [
    pytest.mark.package,
    pytest.mark.timeout(180),
    pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime client is for Linux alone"),
]

PACE = Pace(schedules=1.0, stream=0.02, retries=0.05)
SLOW_NOYO = {"NOYO_TIMEOUT_SECONDS": "20", "CHECK_AFTER_SECONDS": "21"}
CARRY_OUT = "handlers.execute_operations.handler"
HANDLERS = [f"{name}.handler" for package in PACKAGES for name in package.handlers]
REQUEST_OF_NOBODY: dict[str, Any] = {"headers": {}, "body": "", "isBase64Encoded": False}
DOORS = {"handlers.slack.handler", "handlers.noyo_webhook.handler"}
EVENTS = dict.fromkeys(DOORS, REQUEST_OF_NOBODY)


@pytest.fixture
def packages(built_here: dict[str, Path]) -> dict[str, Path]:
    """Where each handler's package is."""
    return {f"{name}.handler": built_here[package.name] for package in PACKAGES for name in package.handlers}


@pytest.fixture
def functions(packages: dict[str, Path], client: Path) -> Iterator[Functions]:
    functions = Functions(packages, client)
    yield functions
    functions.end()


@pytest.fixture
def machine(functions: Functions) -> Iterator[Machine]:
    with Machine(handlers=functions.handlers, more=SLOW_NOYO, pace=PACE, troubled=lambda _: None) as machine:
        machine.slack.add_user(ANA, "Ana")
        for channel in (CONNECTIONS, ALERTS):
            machine.slack.world.channels[channel].members.add(ANA)
        _warm(machine, functions)
        yield machine


def _warm(machine: Machine, functions: Functions) -> None:
    """On Lambda each process has a processor of its own to start on; here all start at once on a few."""
    workers = set(HANDLERS) - DOORS
    started = until(lambda: {name for name, _, _ in functions.events} >= workers, 60)
    assert started, [f"{crash.function}: {crash.error}" for crash in machine.crashes]
    assert until(lambda: machine.slack.command(ANA, CONNECTIONS, "/noyo", "help").error is None, 60)


def asks(machine: Machine) -> None:
    view = machine.slack.command(ANA, CONNECTIONS, "/noyo", "connect").view
    assert view is not None
    reply = machine.slack.submit(ANA, view.id, REQUEST)
    assert (reply.error, reply.errors) == (None, {})


def seen(machine: Machine, channel: str) -> str:
    return "\n".join(machine.slack.render(message) for message in machine.slack.channel(channel))


def test_from_a_click_to_the_card_and_from_noyos_no_to_the_alert(
    machine: Machine, functions: Functions
) -> None:
    asks(machine)
    assert until(
        lambda: "Test Company" in seen(machine, CONNECTIONS) and bool(machine.noyo.connections()), 30
    )
    made = machine.noyo.connections()[0]["id"]
    machine.noyo.move_connection(made, "unable_to_connect", error="Group not found")
    assert until(lambda: "Group not found" in seen(machine, ALERTS), 30)

    assert machine.settle(30)
    assert machine.crashes == []
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


def _times_up(functions: Functions) -> None:
    functions.cut_after[CARRY_OUT] = 6


def _out_of_memory(functions: Functions) -> None:
    for process in functions.running(CARRY_OUT):
        process.process.kill()


@pytest.mark.parametrize("ends", [_times_up, _out_of_memory])
def test_a_function_that_is_cut_off_while_noyo_works_heals_and_nothing_is_sent_twice(
    machine: Machine, functions: Functions, ends: Callable[[Functions], None]
) -> None:
    """Noyo takes the request and is slow to say so; the process that waits for it ends."""
    machine.noyo.faults.add(Fault("delay_after", method="POST", seconds=15))
    if ends is _times_up:
        ends(functions)
    asks(machine)
    assert until(lambda: bool(machine.noyo.connections()), 30)
    if ends is _out_of_memory:
        ends(functions)
    assert until(lambda: bool(machine.crashes), 30)
    assert {type(crash.error) for crash in machine.crashes} == {Gone}
    functions.cut_after.clear()

    # Whoever comes next, woken again or by the schedule, finds it claimed and leaves it alone.
    before = len(functions.events)
    assert until(lambda: [name for name, _, _ in functions.events[before:]].count(CARRY_OUT) >= 3, 30)
    assert _operation(machine)["state"]["S"] == "sending"

    assert until(lambda: _healed(machine), 60)
    assert until(lambda: len(sent(machine)) == 1)
    assert len(machine.noyo.connections()) == 1
    assert until(lambda: "Test Company" in seen(machine, CONNECTIONS), 30)


def sent(machine: Machine) -> list[Any]:
    """What Noyo was asked to change, and has answered."""
    return [one for one in machine.noyo.requests if one.method != "GET" and one.path.startswith("/api/")]


def _operation(machine: Machine) -> dict[str, Any]:
    client = machine.table_client()
    items = client.scan(TableName=machine.table_name)["Items"]
    client.close()
    operations = [item for item in items if item["pk"]["S"].startswith("OPERATION#")]
    (item,) = [item for item in operations if item["kind"]["S"] != "look"]
    found: dict[str, Any] = item
    return found


def _healed(machine: Machine) -> bool:
    """Whether it has succeeded; otherwise minutes are made to pass for it, by the times that the table holds."""
    item = _operation(machine)
    late = {":late": {"N": str(int(time.time()) - 1)}}
    if item["state"]["S"] == "sending":
        _set(
            machine,
            item,
            "SET lease_until = :late, due = :late",
            "lease = :lease",
            late | {":lease": item["lease"]},
        )
    elif item["state"]["S"] == "checking" and "lease" not in item:
        _set(machine, item, "SET due = :late", "attribute_not_exists(lease)", late)
    return item["state"]["S"] == "succeeded"


def _set(machine: Machine, item: dict[str, Any], update: str, where: str, values: dict[str, Any]) -> None:
    client = machine.table_client()
    try:
        client.update_item(
            TableName=machine.table_name,
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression=update,
            ConditionExpression=where,
            ExpressionAttributeValues=values,
        )
    except client.exceptions.ConditionalCheckFailedException:
        return  # A worker was quicker.
    finally:
        client.close()


# ---------------------------------------------------------------- what cannot start


@pytest.fixture
def start(client: Path) -> Iterator[Callable[..., Process]]:
    started = []

    def one(handler: str, package: Path, **variables: str) -> Process:
        started.append(Process(handler, package, client, variables))
        return started[-1]

    yield one
    for process in started:
        process.end()


@pytest.mark.parametrize("handler", HANDLERS)
def test_without_its_settings_a_function_starts_and_names_every_one_that_is_missing(
    packages: dict[str, Path], start: Callable[..., Process], handler: str
) -> None:
    process = start(handler, packages[handler], AWS_REGION="us-east-1", TABLE_NAME="here")

    with pytest.raises(Failed, match=r"^SettingsError: The settings cannot be used: ") as failed:
        process(EVENTS.get(handler, {}), 30)
    missing = {"ENVIRONMENT", "SLACK_TEAM_ID", "SLACK_APP_ID", "CHANNEL_CONNECTIONS", "KMS_KEY_ID"}
    assert {name for name in missing if f"{name} is missing" in str(failed.value)} == missing
    assert "TABLE_NAME" not in str(failed.value)


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_package_that_lacks_something_fails_as_it_starts_and_says_what(
    packages: dict[str, Path], start: Callable[..., Process], tmp_path: Path, handler: str
) -> None:
    spoilt = shutil.copytree(packages[handler], tmp_path / "spoilt")
    shutil.rmtree(spoilt / "bot/domain")
    process = start(handler, spoilt)

    with pytest.raises(Failed, match=r"Unable to import module .* No module named 'bot\.domain'") as failed:
        process(EVENTS.get(handler, {}), 30)
    assert failed.value.posted.what == "init"
    assert process.process.wait(10) == 1
