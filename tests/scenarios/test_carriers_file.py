"""The carriers file is replaced while Switchboard runs; with a mistake in it, the last good one stays in use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bot import policies
from handlers import notify
from tests.aws import worker_client
from tests.aws_calls import acting
from tests.handlers.conftest import FakeContext
from tests.slack.incoming import answer_text, event, type_command
from tests.slack.test_deadline import slow_aws, submission
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, GUARDIAN, REQUEST, System

BUCKET, KEY = "carriers-of-a-stack", "carriers.json"
DETAILS = {"name": "Guardian Life", "contact": "Zoë, 555-0100", "pattern": "GL-[0-9]{4}", "example": "GL-1234"}


@pytest.fixture
def system() -> Iterator[System]:
    """A system whose carriers file is in S3. Nobody has uploaded it yet."""
    with System(APPROVERS=f"{ANA},{BEN}", ADMINS=ANA, CARRIERS_FILE=f"s3://{BUCKET}/{KEY}") as started:
        worker_client("s3").create_bucket(Bucket=BUCKET)
        started.settle(10)
        started.check_health()
        yield started


def upload(text: str) -> None:
    worker_client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=text.encode())


def upload_name(name: str) -> None:
    upload(json.dumps({GUARDIAN: name}))


def next_minute(system: System) -> None:
    system.wait(60)
    system.reread_carriers()


def doctor(system: System) -> str:
    return answer_text(system, type_command(system, "doctor"))


def form_offers(system: System) -> str:
    type_command(system, "connect")
    view = system.slack.view_of(ANA)
    assert view is not None
    return json.dumps([block["element"] for block in view.blocks if block["block_id"] == "carrier_id"])


def test_a_changed_file_takes_effect_without_a_deployment(system: System) -> None:
    system.noyo.add_connection(group_name="First Inc", status="unable_to_connect", carrier_id=GUARDIAN)
    system.settle(10)
    assert f"First Inc · {GUARDIAN}" in system.read_channel(CONNECTIONS)
    upload_name("Guardian")
    next_minute(system)
    assert "Guardian" in form_offers(system)

    upload(json.dumps({GUARDIAN: DETAILS}))
    next_minute(system)
    system.noyo.add_connection(group_name="Second Inc", status="unable_to_connect", carrier_id=GUARDIAN)
    system.settle(10)

    assert "Second Inc · Guardian Life" in system.read_channel(CONNECTIONS)
    assert "Zoë, 555-0100" in system.read_channel(ALERTS)
    assert "Guardian Life" in form_offers(system)
    assert "Guardian Life" in answer_text(system, type_command(system, "status First Inc"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{{\n"{GUARDIAN}": "Other"\n"x": 1}}', "line 3, column 1: this is not JSON"),
        (f'{{"{GUARDIAN}": "Guardian", "{GUARDIAN}": "Other"}}', f"{GUARDIAN} is given twice"),
        (f'{{"{GUARDIAN}": {{"name": "Other", "fields": "all"}}}}', f"{GUARDIAN}: fields must be a list of broker"),
    ],
)
def test_doctor_reports_a_mistake_until_it_is_corrected(system: System, text: str, words: str) -> None:
    upload_name("Guardian")
    next_minute(system)
    assert "carriers file" in doctor(system)

    upload(text)
    next_minute(system)
    since = int(system.clock())
    next_minute(system)

    file = system.bot.slack_dependencies.carriers.file()
    assert (file.problem.since if file.problem else None) == since
    found = doctor(system)
    assert "The carriers file has mistakes since" in found
    assert f": {words}" in found
    assert "stays in use. Correct it and upload it again" in found
    assert "Guardian" in form_offers(system)
    upload_name("Corrected")
    next_minute(system)
    assert "has mistakes" not in doctor(system)
    assert "Corrected" in form_offers(system)


def test_doctor_says_if_the_file_cannot_be_read(system: System) -> None:
    assert "The carriers file cannot be read since" in doctor(system)
    assert "carriers are shown by their ids" in doctor(system)
    upload_name("Guardian")
    next_minute(system)
    worker_client("s3").delete_object(Bucket=BUCKET, Key=KEY)
    next_minute(system)

    found = doctor(system)
    assert "The carriers file cannot be read since" in found
    assert "stays in use" in found
    assert "Guardian" in form_offers(system)


def test_the_schedule_rereads_the_file_and_the_stream_only_looks_into_the_table(
    system: System, monkeypatch: pytest.MonkeyPatch, restored_logging: None
) -> None:
    monkeypatch.setattr(notify, "deployment", lambda *_: system.bot)
    upload_name("Guardian")
    system.wait(60)
    with acting("NotifyFunction"):
        notify.handler({}, FakeContext())
    assert system.bot.slack_dependencies.carriers.name(GUARDIAN) == "Guardian"

    upload_name("Newer")
    system.wait(60)
    with acting("NotifyFunction"):
        notify.handler({"Records": []}, FakeContext())

    assert system.bot.slack_dependencies.carriers.name(GUARDIAN) == "Guardian"


def answer(system: System, view: str, carrier_group_id: str) -> str:
    request = event(submission(view, carrier_group_id=carrier_group_id), system.clock())
    return str(system.bot.slack_endpoint.handle(request)["body"])


def test_a_new_process_checks_the_first_submission_against_the_file(system: System) -> None:
    upload(json.dumps({GUARDIAN: DETAILS}))
    next_minute(system)
    system.restart()

    assert "look like GL-1234" in answer(system, "V1", "123")
    assert "Sending to Noyo" in answer(system, "V2", "GL-4321")


def test_a_submission_does_not_wait_for_carriers_that_are_older_than_a_minute(system: System) -> None:
    answer(system, "V1", "1")
    system.wait(10 * policies.CARRIERS_FRESH_SECONDS)
    with slow_aws(system, 0) as calls:
        answer(system, "V2", "2")
    assert calls == ["GetItem", "Query", "Encrypt", "GetItem", "TransactWriteItems"]


def test_no_request_fails_because_the_carriers_cannot_be_read(system: System) -> None:
    """Neither the first of a process nor a later one, whatever the person does."""
    upload(json.dumps({GUARDIAN: DETAILS}))
    next_minute(system)
    client = worker_client("dynamodb")

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if params["Key"]["pk"]["S"].startswith("CARRIERS#"):
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetItem")

    client.meta.events.register("provide-client-params.dynamodb.GetItem", refuse)
    try:
        for _ in range(2):
            system.restart()
            assert "Nothing needs our action." in answer_text(system, type_command(system, "status"))
            assert "plain_text_input" in form_offers(system)  # Without names, the id is typed.
            system.wait(60)
        assert system.request_connection(ANA, **REQUEST).error is None
        system.settle(10)
        assert GUARDIAN in system.read_channel(CONNECTIONS)
    finally:
        client.meta.events.unregister("provide-client-params.dynamodb.GetItem", refuse)
