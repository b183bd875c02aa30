"""Handler tests: what is logged, how, and what never is."""

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

Begin = Callable[[object], None]
SAID = logging.getLogger("switchboard")


@pytest.fixture(params=[logs.from_receiver, logs.from_worker])
def begin(request: pytest.FixtureRequest) -> Begin:
    chosen: Begin = request.param
    return chosen


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_one_object_with_the_id_of_its_request(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(FakeContext())
    SAID.info("it\nhappened", extra={"work_id": "news-1"})

    [line] = told(capsys)
    assert (line["message"], line["level"], line["service"]) == ("it\nhappened", "INFO", "switchboard")
    assert (line["request_id"], line["work_id"]) == ("request-1", "news-1")
    assert line["timestamp"]


def test_every_request_has_its_own_id_and_each_line_is_written_once(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        context = FakeContext()
        context.aws_request_id = f"request-{number}"
        begin(context)
        SAID.info("again")

    assert [line["request_id"] for line in told(capsys)] == ["request-0", "request-1", "request-2"]


def test_requests_served_side_by_side_on_one_machine_log_once_each_under_their_own_ids(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    together = threading.Barrier(4)

    def serve(number: int) -> None:
        context = FakeContext()
        context.aws_request_id = f"request-{number}"
        together.wait()
        begin(context)
        together.wait()
        SAID.info("served", extra={"work_id": f"work-{number}"})

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ids = sorted((line["request_id"], line["work_id"]) for line in told(capsys))
    assert ids == [(f"request-{number}", f"work-{number}") for number in range(4)]


def test_the_id_that_a_person_is_told_is_in_the_log(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    begin(FakeContext())
    SAID.error("listener failed", extra={"error_id": "1a2b3c4d", "kind": "view_submission"})

    [line] = told(capsys)
    assert (line["error_id"], line["kind"]) == ("1a2b3c4d", "view_submission")


def test_whatever_our_lines_carry_is_written_and_no_more_is_let_through() -> None:
    root = Path(__file__).parents[2]
    carried = {
        key.value
        for path in [*root.glob("bot/**/*.py"), *root.glob("handlers/*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and any(word.arg == "extra" for word in node.keywords)
        for given in ast.walk(node)
        if isinstance(given, ast.Dict)
        for key in given.keys
        if isinstance(key, ast.Constant)
    }
    assert carried == {*logs.CARRIED, "step", "facts"}


def test_other_parts_of_the_bot_are_heard_and_strangers_only_when_they_warn(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(FakeContext())
    logging.getLogger("bot.slack.api.messages").info("ours")
    logging.getLogger("slack_bolt.App").info("the whole body")
    logging.getLogger("botocore").warning("theirs")

    assert [line["message"] for line in told(capsys)] == ["ours", "theirs"]


def test_an_error_is_told_by_kind_and_place_and_not_by_what_it_holds(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(FakeContext())
    try:
        try:
            raise ValueError("input_value='123-45-6789'")
        except ValueError as error:
            raise SlackNoAnswer("Slack gave no usable answer.") from error
    except SlackNoAnswer:
        SAID.exception("could not be worked on")

    text = capsys.readouterr().out
    assert "123-45-6789" not in text
    [line] = [json.loads(one) for one in text.splitlines()]
    assert line["exception_name"] == "SlackSilent"
    assert "ValueError at test_logs.py" in line["exception"]
    assert "SlackSilent (Slack gave no usable answer.) at test_logs.py" in line["exception"]


def test_an_error_met_while_answering_another_is_told_with_it() -> None:
    def meet() -> None:
        try:
            raise KeyError("secret")
        except KeyError:
            raise TableUnavailable("The table is away.")  # noqa: B904 - the context is what is tested

    with pytest.raises(TableUnavailable) as met:
        meet()

    said = logs.what_went_wrong((met.type, met.value, met.tb))
    assert said.startswith("KeyError at ")
    assert "; then TableUnavailable (The table is away.)" in said
    assert "secret" not in said


def test_lambdas_own_handler_does_not_write_each_line_once_more(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    class LambdaLoggerHandler(logging.StreamHandler[Any]):
        pass

    logging.getLogger().addHandler(LambdaLoggerHandler(sys.stdout))
    begin(FakeContext())
    SAID.warning("once")

    assert len(told(capsys)) == 1


def test_the_level_is_a_setting(
    begin: Begin, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "warning")
    begin(FakeContext())
    SAID.info("not heard")
    SAID.warning("heard")

    assert [line["message"] for line in told(capsys)] == ["heard"]


def test_a_context_without_an_id_is_no_reason_not_to_log(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(object())
    SAID.info("said")

    assert [line["message"] for line in told(capsys)] == ["said"]


def test_the_receiver_logs_without_powertools() -> None:
    script = (
        "import logging, sys; from handlers import logs; logs.from_receiver(object());"
        "logging.getLogger('switchboard').info('said');"
        "print([name for name in sys.modules if name.startswith('aws_lambda_powertools')])"
    )
    done = subprocess.run([sys.executable, "-c", script], env={}, capture_output=True, text=True, check=True)

    said, loaded = done.stdout.splitlines()
    assert json.loads(said)["message"] == "said"
    assert loaded == "[]"
