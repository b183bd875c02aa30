"""Log lines: their format, and what they never contain."""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot import logs
from bot.errors import SlackNoAnswer, TableUnavailable
from tests.handlers.conftest import FakeContext

Configure = Callable[[object], None]
LOGGER = logging.getLogger("switchboard")

pytestmark = pytest.mark.usefixtures("restored_logging")


@pytest.fixture(params=[logs.configure_receiver, logs.configure_worker])
def configure(request: pytest.FixtureRequest) -> Configure:
    chosen: Configure = request.param
    return chosen


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_one_json_object_with_the_request_id(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(FakeContext())
    LOGGER.info("it\nhappened", extra={"work_id": "event-1"})

    [line] = lines(capsys)
    assert (line["message"], line["level"], line["service"]) == ("it\nhappened", "INFO", "switchboard")
    assert (line["request_id"], line["work_id"]) == ("request-1", "event-1")
    assert line["timestamp"]


def test_each_request_logs_its_own_id_and_each_line_once(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        context = FakeContext(request_id=f"request-{number}")
        configure(context)
        LOGGER.info("again")

    assert [line["request_id"] for line in lines(capsys)] == ["request-0", "request-1", "request-2"]


def test_concurrent_requests_log_once_each_under_their_own_ids(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    together = threading.Barrier(4)

    def serve(number: int) -> None:
        context = FakeContext(request_id=f"request-{number}")
        together.wait()
        configure(context)
        together.wait()
        LOGGER.info("served", extra={"work_id": f"work-{number}"})

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ids = sorted((line["request_id"], line["work_id"]) for line in lines(capsys))
    assert ids == [(f"request-{number}", f"work-{number}") for number in range(4)]


def test_the_error_id_shown_to_a_person_is_in_the_log(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    configure(FakeContext())
    LOGGER.error("listener failed", extra={"error_id": "1a2b3c4d", "kind": "view_submission"})

    [line] = lines(capsys)
    assert (line["error_id"], line["kind"]) == ("1a2b3c4d", "view_submission")


def test_every_extra_field_of_our_log_calls_is_written_and_no_other() -> None:
    root = Path(__file__).parents[1]
    used = {
        key.value
        for path in [*root.glob("bot/**/*.py"), *root.glob("handlers/*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and any(keyword.arg == "extra" for keyword in node.keywords)
        for mapping in ast.walk(node)
        if isinstance(mapping, ast.Dict)
        for key in mapping.keys
        if isinstance(key, ast.Constant)
    }
    assert used == {*logs.EXTRA_FIELDS, "log_event", "fields"}


def test_our_loggers_log_at_info_and_libraries_only_warnings(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(FakeContext())
    logging.getLogger("bot.slack.api.client").info("ours")
    logging.getLogger("slack_bolt.App").info("the whole body")
    logging.getLogger("botocore").warning("theirs")

    assert [line["message"] for line in lines(capsys)] == ["ours", "theirs"]


def test_an_error_is_logged_by_type_and_place_without_its_text(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(FakeContext())
    try:
        try:
            raise ValueError("input_value='123-45-6789'")
        except ValueError as error:
            raise SlackNoAnswer("Slack gave no usable answer.") from error
    except SlackNoAnswer:
        LOGGER.exception("work failed")

    text = capsys.readouterr().out
    assert "123-45-6789" not in text
    [line] = [json.loads(written) for written in text.splitlines()]
    assert line["exception_name"] == "SlackNoAnswer"
    assert "ValueError at test_logs.py" in line["exception"]
    assert "SlackNoAnswer (Slack gave no usable answer.) at test_logs.py" in line["exception"]


def test_an_error_raised_while_handling_another_is_logged_with_it() -> None:
    def fail() -> None:
        try:
            raise KeyError("secret")
        except KeyError:
            raise TableUnavailable("The table is unavailable.")  # noqa: B904 - the context is what is tested

    with pytest.raises(TableUnavailable) as raised:
        fail()

    description = logs.describe_error((raised.type, raised.value, raised.tb))
    assert description.startswith("KeyError at ")
    assert "; then TableUnavailable (The table is unavailable.)" in description
    assert "secret" not in description


def test_lambdas_own_handler_does_not_write_each_line_again(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    class LambdaLoggerHandler(logging.StreamHandler[Any]):
        pass

    logging.getLogger().addHandler(LambdaLoggerHandler(sys.stdout))
    configure(FakeContext())
    LOGGER.warning("once")

    assert len(lines(capsys)) == 1


def test_the_log_level_is_a_setting(
    configure: Configure, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "warning")
    configure(FakeContext())
    LOGGER.info("hidden")
    LOGGER.warning("shown")

    assert [line["message"] for line in lines(capsys)] == ["shown"]


def test_a_context_without_a_request_id_still_logs(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    configure(object())
    LOGGER.info("text")

    assert [line["message"] for line in lines(capsys)] == ["text"]


def test_the_receiver_logs_without_loading_powertools() -> None:
    script = (
        "import logging, sys; from bot import logs; logs.configure_receiver(object());"
        "logging.getLogger('switchboard').info('text');"
        "print([name for name in sys.modules if name.startswith('aws_lambda_powertools')])"
    )
    process = subprocess.run([sys.executable, "-c", script], env={}, capture_output=True, text=True, check=True)

    written, loaded = process.stdout.splitlines()
    assert json.loads(written)["message"] == "text"
    assert loaded == "[]"
