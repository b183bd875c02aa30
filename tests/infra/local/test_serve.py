import os
import signal
import socket
import subprocess
import sys
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.signature import SignatureVerifier

from infra.local.aws.embedded import EmbeddedAws
from infra.local.aws.runtime import Intervals
from infra.local.environment import Addresses, bot_environment, write_carriers
from infra.local.noyo import NoyoFake
from infra.local.serve import serve
from infra.local.slack import SlackFake
from tests.infra.local.conftest import LocalTable
from tests.infra.local.waiting import wait_until

QUICK = Intervals(schedules=60, stream=0.01, retries=0.0)
ROOT = Path(__file__).parents[3]
# Nobody listens there: the discard port of the loopback address.
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def environ(aws: EmbeddedAws, table: LocalTable, tmp_path: Path) -> dict[str, str]:
    at = Addresses(
        slack=f"{NOWHERE}/api/",
        noyo_api=NOWHERE,
        noyo_token=f"{NOWHERE}/token",
        aws=aws.endpoint_url,
        table=table.name,
        kms_key=table.key,
        carriers_file=write_carriers(tmp_path),
    )
    return bot_environment(at, {"PORT": "0"})


class Output:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.errors: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@contextmanager
def serving(environ: dict[str, str], handlers: dict[str, Callable[..., Any]]) -> Iterator[Output]:
    """Serves until the block ends; then the exit status must be 0."""
    output, stopping, statuses = Output(), threading.Event(), []

    def run() -> None:
        printers = {"out": output.lines.append, "err": output.errors.append}
        statuses.append(serve(environ, stopping=stopping, handlers=handlers, intervals=QUICK, **printers))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert wait_until(lambda: bool(output.lines) or not thread.is_alive())
        yield output
    finally:
        stopping.set()
        thread.join()
    assert statuses == [0]


def start_error(environ: dict[str, str]) -> tuple[int, str]:
    errors: list[str] = []
    handlers = {"handlers.slack.handler": lambda *_: None}
    status = serve(environ, stopping=threading.Event(), err=errors.append, handlers=handlers)
    return status, "\n".join(errors)


def test_requests_and_stream_records_reach_the_handlers(environ: dict[str, str], table: LocalTable) -> None:
    woken: list[Any] = []
    handlers: dict[str, Callable[..., Any]] = {
        "handlers.slack.handler": lambda *_: {"statusCode": 200, "body": "received"},
        "handlers.notify.handler": lambda event, _: woken.append(event),
    }

    with serving(environ, handlers) as output:
        url = next(word for word in output.text.split() if word.endswith("/slack/events"))
        connection = HTTPConnection(url.removeprefix("http://").partition("/")[0], timeout=20)
        connection.request("POST", "/slack/events", b"a=b")
        assert connection.getresponse().read() == b"received"
        connection.close()
        table.put("OUTBOX#1")
        assert wait_until(lambda: any("Records" in event for event in woken))


def test_with_an_app_level_token_requests_arrive_over_socket_mode(environ: dict[str, str]) -> None:
    """The process signs them itself: the setting of the signing secret is neither needed nor used."""
    bodies: list[str] = []

    def receive(event: dict[str, Any], _: Any) -> dict[str, Any]:
        body = b64decode(event["body"]).decode()
        assert SignatureVerifier(os.environ["SLACK_SIGNING_SECRET"]).is_valid_request(body, event["headers"])
        bodies.append(body)
        return {"statusCode": 200, "body": "received"}

    del environ["SLACK_SIGNING_SECRET"]
    before = os.environ.get("SLACK_SIGNING_SECRET")
    with SlackFake(app_token="xapp-local") as slack:
        slack.add_user("U1", "Ana")
        slack.add_channel("C1", "carriers")
        over_socket = {"SLACK_API_URL": slack.url, "SLACK_APP_TOKEN": "xapp-local"}
        with serving(environ | over_socket, {"handlers.slack.handler": receive}) as output:
            assert f"Slack: {slack.url}, in Socket Mode" in output.text
            assert wait_until(lambda: slack.socket_mode is not None and slack.socket_mode.count == 1)
            assert slack.command("U1", "C1", text="help").text == "received"
    assert "text=help" in bodies[0]
    assert output.errors == []
    assert os.environ.get("SLACK_SIGNING_SECRET") == before


def test_a_token_of_another_kind_is_an_invalid_setting(environ: dict[str, str]) -> None:
    status, error = start_error(environ | {"SLACK_APP_TOKEN": "xoxb-1"})

    assert status == 2
    assert "SLACK_APP_TOKEN must be an app-level token" in error


def test_a_token_that_slack_refuses_is_reported(environ: dict[str, str]) -> None:
    with SlackFake(app_token="xapp-local") as slack:
        status, error = start_error(environ | {"SLACK_API_URL": slack.url, "SLACK_APP_TOKEN": "xapp-1"})

    assert status == 1
    assert error.endswith("Switchboard cannot be served: Slack's Socket Mode: invalid_auth")


def test_the_summary_names_triggers_and_endpoints_but_no_secrets(environ: dict[str, str]) -> None:
    handlers: dict[str, Callable[..., Any]] = {
        f"handlers.{name}.handler": lambda *_: None for name in ("slack", "execute_operations", "notify", "poll")
    }

    with serving(environ, handlers) as output:
        assert "POST http://127.0.0.1:" in output.text
        assert "stream, batches of 5 → handlers.execute_operations.handler" in output.text
        assert "every 60 s → handlers.poll.handler" in output.text
        for address in ("SLACK_API_URL", "NOYO_API_URL", "AWS_ENDPOINT_URL", "TABLE_NAME"):
            assert environ[address] in output.text
        for secret in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "NOYO_CLIENT_SECRET"):
            assert environ[secret] not in output.text.split()


def test_an_error_of_a_handler_is_printed_with_its_traceback(environ: dict[str, str]) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("poll is broken")

    with serving(environ, {"handlers.poll.handler": broken}) as output:
        assert wait_until(lambda: bool(output.errors))

    assert output.errors[0].startswith("PollFunction raised:\nTraceback")
    assert output.errors[0].endswith("RuntimeError: poll is broken")


def test_all_missing_settings_are_named(environ: dict[str, str]) -> None:
    del environ["SLACK_BOT_TOKEN"]
    del environ["NOYO_CLIENT_ID"]

    status, error = start_error(environ)

    assert status == 2
    assert "SLACK_BOT_TOKEN is missing" in error
    assert "NOYO_CLIENT_ID is missing" in error


@pytest.mark.parametrize("port", ["http", "-1", "65536"])
def test_an_invalid_port_is_refused(environ: dict[str, str], port: str) -> None:
    status, error = start_error(environ | {"PORT": port})

    assert status == 2
    assert port in error


def test_a_port_in_use_is_reported(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, error = start_error(environ | {"PORT": str(taken.getsockname()[1])})

    assert status == 1
    assert "in use" in error


def test_a_missing_table_is_reported(environ: dict[str, str]) -> None:
    status, error = start_error(environ | {"TABLE_NAME": "nowhere"})

    assert status == 1
    assert "nowhere" in error


def test_a_table_without_a_stream_is_reported(environ: dict[str, str], aws: EmbeddedAws) -> None:
    client = aws.client("dynamodb")
    client.create_table(
        TableName="still",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )

    status, error = start_error(environ | {"TABLE_NAME": "still"})
    client.delete_table(TableName="still")
    client.close()

    assert status == 1
    assert "the table still has no stream" in error


@contextmanager
def command(*arguments: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(
        [sys.executable, "-m", "infra.local", *arguments],
        cwd=ROOT,
        env=environ | {"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts background jobs with SIGINT ignored, and the command would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    with running:
        try:
            yield running
        except BaseException:
            running.kill()
            raise


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_the_projects_handlers_until_a_signal(
    environ: dict[str, str], number: signal.Signals
) -> None:
    with NoyoFake() as noyo, SlackFake() as slack, command("serve", environ=environ | at(noyo, slack)) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        first = run.stdout.readline()
        assert wait_until(lambda: bool(noyo.requests))
        run.send_signal(number)
        rest, errors = run.stdout.read(), run.stderr.read()

    assert first.startswith("Switchboard (local) is running"), errors
    assert "→ handlers.slack.handler" in rest
    assert "Stopping: running calls finish first." in rest
    assert "Traceback" not in errors
    assert run.returncode == 0


def at(noyo: NoyoFake, slack: SlackFake) -> dict[str, str]:
    return {"NOYO_API_URL": noyo.api_url, "NOYO_TOKEN_URL": noyo.token_url, "SLACK_API_URL": slack.url}


def test_the_command_ends_with_status_2_if_the_settings_are_invalid() -> None:
    with command("serve", environ={}) as running:
        out, errors = running.communicate(timeout=40)

    assert (running.returncode, out) == (2, "")
    assert errors.startswith("The settings cannot be used: ")
    assert "README.md describes them under Settings" in errors
    assert "SLACK_SIGNING_SECRET is missing" in errors
