"""The connect form, from the command to the submitted operation."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from bot import policies
from bot.domain.carriers import Carriers
from bot.domain.requests import ConnectionRequest
from bot.errors import TableUnavailable
from bot.slack.features import connect
from tests.slack.incoming import (
    FailingPort,
    answer_text,
    context_of,
    fields_of,
    handle_requests_with,
    make_submissions_fail,
    modal_text,
    new_system,
    reset_system,
    type_command,
    view_id,
)
from tests.system import ANA, BEN, CONNECTIONS, GUARDIAN, GUS, REGION, REQUEST, System


@pytest.fixture(scope="module")
def worker_system() -> Iterator[System]:
    """A system whose workers process only what the current test submits."""
    yield from new_system()


@pytest.fixture
def clean_worker_system(worker_system: System) -> System:
    reset_system(worker_system)
    return worker_system


def open_form(system: System, user: str = ANA, text: str = "connect") -> str:
    type_command(system, text, user)
    return view_id(system, user)


def submit_form(system: System, view: str, user: str = ANA, **fields: str) -> Any:
    return system.slack.submit(user, view, REQUEST | fields)


def submitted_groups(system: System, carrier_group_id: str) -> list[str]:
    """The group names of the open requests with this carrier group id."""
    requests = [system.operation(operation_id).input for operation_id in system.open_operations()]
    return [
        request.group_name
        for request in requests
        if isinstance(request, ConnectionRequest) and request.carrier_group_id == carrier_group_id
    ]


def test_the_form_has_the_fields_that_noyo_needs_and_explains_them(system: System) -> None:
    open_form(system, text="connect Acme & Söhne")
    shown = modal_text(system)
    for expected in ("Carrier: [Choose one]", "Group name: [Acme & Söhne]", "Carrier group ID", "federal EIN"):
        assert expected in shown
    for optional in ("Broker's federal EIN (optional)", "Broker's TIN (optional)", "email address (optional)"):
        assert optional in shown
    assert "Encrypted until then, and never shown" in shown


def test_a_submission_creates_one_operation_and_says_what_happens_next(system: System) -> None:
    view = open_form(system)
    assert submit_form(system, view, carrier_group_id="one").errors == {}
    shown = modal_text(system)
    assert "Sending: Test Company with Guardian, carrier group id one." in shown
    assert "This window shows Noyo's answer" in shown
    assert "You can close it" in shown
    operation = system.operation(view)
    assert (operation.actor, operation.reply_to.view_id) == (ANA, view)
    assert submitted_groups(system, "one") == ["Test Company"]


def test_every_invalid_field_shows_its_own_error(system: System) -> None:
    view = open_form(system)
    wrong = {
        "federal_ein": "12",
        "broker_federal_ein": "1234567890",
        "broker_tin": "abc",
        "employer_email_address": "a@b",
        "carrier_group_id": "a\u202eb",
    }
    found = submit_form(system, view, **wrong).errors
    assert found.keys() == wrong.keys()
    assert found["federal_ein"] == "Enter nine digits, such as 12-3456789."
    assert "hidden character" in found["carrier_group_id"]
    assert view not in system.open_operations()


def test_fields_that_a_modified_client_omits_are_errors(system: System) -> None:
    """Slack enforces required fields; the server does not rely on it."""
    answer = connect.FORM.submission(context_of(system, ANA), {"id": "V1", "state": {"values": {}}})
    assert answer["errors"].keys() == {"carrier_id", "group_name", "carrier_group_id", "federal_ein"}


@pytest.mark.parametrize("ein", ["12-3456789", "123456789", " 12 3456789 ", "12\u20133456789"])
def test_an_ein_may_contain_common_separators(system: System, ein: str) -> None:
    system.slack.workspace.view_stacks.clear()
    assert submit_form(system, open_form(system), federal_ein=ein, carrier_group_id=ein.strip()).errors == {}


def test_the_same_form_submitted_twice_is_one_operation(system: System) -> None:
    view = open_form(system)
    reply = submit_form(system, view, carrier_group_id="twice")
    again = system.slack.resend(ANA, reply)
    assert again.status == 200
    assert submitted_groups(system, "twice") == ["Test Company"]


def test_a_form_submitted_again_after_the_answer_shows_the_outcome(clean_worker_system: System) -> None:
    """The modal must not show "Sending" for an operation that is already settled."""
    context = context_of(clean_worker_system, ANA)
    view = open_form(clean_worker_system)
    submit_form(clean_worker_system, view, carrier_group_id="late")
    clean_worker_system.execute_due()
    state = {"values": {name: {name: {"value": value}} for name, value in REQUEST.items()}}
    state["values"]["carrier_group_id"] = {"carrier_group_id": {"value": "late"}}
    answer = connect.FORM.submission(context, {"id": view, "state": state})
    assert answer["view"]["title"]["text"] == "Already sent"
    assert "Noyo confirmed" in json.dumps(answer)


def test_a_second_person_with_the_same_request_sees_the_open_one(system: System) -> None:
    submit_form(system, open_form(system), carrier_group_id="same")
    found = submit_form(system, open_form(system, BEN), BEN, carrier_group_id="same", group_name="Other Name").errors
    assert "This was already requested with carrier group id same" in found["carrier_group_id"]
    assert "Nothing new was sent" in found["carrier_group_id"]
    assert submitted_groups(system, "same") == ["Test Company"]


def test_a_form_can_be_submitted_again_after_the_table_was_down(system: System) -> None:
    view = open_form(system)
    make_submissions_fail(system)
    submit_form(system, view, carrier_group_id="down", broker_tin="987654321")
    assert "[[ Something went wrong ]]" in modal_text(system)
    assert "close this window and submit again" in modal_text(system)
    assert submitted_groups(system, "down") == []
    system.slack.close_view(ANA, view_id(system))
    assert "Carrier group ID: [down]" in modal_text(system)
    failing_endpoint = system.bot.__dict__.pop("slack_endpoint")
    assert failing_endpoint is not None
    system.slack.submit(ANA, view, {})
    assert "[[ Sending to Noyo ]]" in modal_text(system)
    assert submitted_groups(system, "down") == ["Test Company"]


def test_nothing_is_submitted_unencrypted_while_the_key_service_is_down(system: System) -> None:
    context = context_of(system)
    down = FailingPort(
        context.deps.encryptor, "encrypt", error=TableUnavailable("The encryption key is not answering.")
    )
    handle_requests_with(system, replace(context, deps=replace(context.deps, encryptor=down)))
    submit_form(system, open_form(system), carrier_group_id="unencrypted")
    assert "The encryption key is not answering." in modal_text(system)
    assert submitted_groups(system, "unencrypted") == []


def test_an_unexpected_error_shows_an_id_that_is_in_the_log(system: System, caplog: pytest.LogCaptureFixture) -> None:
    context = context_of(system)
    down = FailingPort(context.deps.encryptor, "encrypt", error=RuntimeError("a bug"))
    handle_requests_with(system, replace(context, deps=replace(context.deps, encryptor=down)))
    submit_form(system, open_form(system), carrier_group_id="bug")
    error_id = next(record.error_id for record in caplog.records if hasattr(record, "error_id"))
    assert f"error {error_id}" in modal_text(system)
    assert "a bug" not in modal_text(system)


def test_typed_secrets_appear_in_no_log_window_message_or_item(
    clean_worker_system: System, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for name in ("switchboard", "bot", "slack_bolt", "slack_sdk"):
        caplog.set_level(logging.DEBUG, logger=name)
    secrets = {
        "federal_ein": "98-7654321",
        "broker_federal_ein": "876543219",
        "broker_tin": "765432198",
        "employer_email_address": "hidden@example.com",
    }
    view = open_form(clean_worker_system)
    make_submissions_fail(clean_worker_system)
    submit_form(clean_worker_system, view, carrier_group_id="secret", group_name="Secret Bakery", **secrets)
    failed = modal_text(clean_worker_system)
    clean_worker_system.bot.__dict__.pop("slack_endpoint")
    clean_worker_system.slack.close_view(ANA, view_id(clean_worker_system))
    clean_worker_system.slack.submit(ANA, view, {})
    items = [str(item) for item in _items(clean_worker_system)]
    assert any("secret" in item for item in items)
    clean_worker_system.execute_due()
    clean_worker_system.notify()
    items += [str(item) for item in _items(clean_worker_system)]
    seen = [
        failed,
        modal_text(clean_worker_system),
        clean_worker_system.read_channel(CONNECTIONS),
        caplog.text,
        *items,
        repr(clean_worker_system.slack.ephemerals(ANA)),
    ]
    for typed in [*secrets.values(), "987654321"]:
        assert not [text for text in seen if typed in text], typed


def _items(system: System) -> list[Any]:
    client = boto3.client("dynamodb", region_name=REGION)
    return list(client.scan(TableName=system.settings.aws.table)["Items"])


def test_more_than_a_hundred_carriers_are_a_search(tmp_path: Path) -> None:
    names = {f"{number:08x}-0000-4000-8000-000000000000": f"Carrier {number:03}" for number in range(150)}
    file = tmp_path / "many.json"
    file.write_text(json.dumps(names | {GUARDIAN: "Guardian " + "very " * 40 + "long"}))
    for system in new_system(CARRIERS_FILE=str(file)):
        view = open_form(system)
        assert len(system.slack.suggest(ANA, view, "carrier_id", "carrier")) == 100
        assert [option["text"]["text"] for option in system.slack.suggest(ANA, view, "carrier_id", "CARRIER 14")] == [
            f"Carrier 14{digit}" for digit in range(10)
        ]
        assert system.slack.suggest(ANA, view, "carrier_id", "nobody") == []
        assert len(system.slack.suggest(ANA, view, "carrier_id", "guard")) == 1
        assert submit_form(system, view, carrier_id=f"{7:08x}-0000-4000-8000-000000000000").errors == {}
        assert system.operation(view).entity.key.startswith("00000007-")


def test_a_hundred_carriers_are_a_list(system: System) -> None:
    names = {f"{number:08x}-0000-4000-8000-000000000000": f"Carrier {number}" for number in range(100)}
    context = context_of(system)
    handle_requests_with(system, replace(context, display=replace(context.display, carriers=Carriers(names))))
    open_form(system)
    shown = system.slack.view_of(ANA)
    assert len(fields_of({"blocks": shown.blocks})["carrier_id"]["element"]["options"]) == 100


def test_without_carrier_names_the_carrier_id_is_typed(system: System) -> None:
    context = context_of(system)
    handle_requests_with(system, replace(context, display=replace(context.display, carriers=Carriers())))
    view = open_form(system)
    assert "Carrier ID: []" in modal_text(system)
    found = submit_form(system, view, carrier_id="Guardian", carrier_group_id="by hand").errors
    assert "enter its Noyo id" in found["carrier_id"]
    assert submit_form(system, view, carrier_id=GUARDIAN.upper(), carrier_group_id="by hand").errors == {}
    assert submitted_groups(system, "by hand") == ["Test Company"]
    assert system.operation(view).entity.key == f"{GUARDIAN}#by hand"


def test_a_guest_is_refused_and_sees_no_form(system: System) -> None:
    assert "Guests cannot do this" in answer_text(system, type_command(system, "connect", GUS))
    assert modal_text(system, GUS) == ""


def test_a_person_who_became_a_guest_with_an_open_form_is_refused_at_submission(system: System) -> None:
    system.slack.add_user("U0TEMP", "Tem")
    view = open_form(system, "U0TEMP")
    system.slack.add_user("U0TEMP", "Tem", is_restricted=True)
    system.wait(3601)
    submit_form(system, view, "U0TEMP", carrier_group_id="became a guest")
    assert "Guests cannot do this" in modal_text(system, "U0TEMP")
    assert submitted_groups(system, "became a guest") == []


def test_no_form_opens_if_slack_cannot_return_the_person(system: System) -> None:
    system.slack.add_user("U0NEW", "New")
    system.slack.faults.server_error("users.info")
    text = answer_text(system, type_command(system, "connect", "U0NEW"))
    assert "I could not read your Slack profile just now, so nothing was done. Please try again" in text
    assert modal_text(system, "U0NEW") == ""
    type_command(system, "connect", "U0NEW")
    assert "Request a connection" in modal_text(system, "U0NEW")


HOSTILE = (
    "<!channel> & <@U0BEN>",
    "*bold* _it_ ~no~ `code` :tada:",
    "https://evil.example/x?<a|b>",
    '"}]},{"type":"divider"}',
)


def test_hostile_names_mention_nobody_and_contain_no_links(clean_worker_system: System) -> None:
    before = len(clean_worker_system.slack.channel(CONNECTIONS))
    for name in HOSTILE:
        view = open_form(clean_worker_system)
        assert submit_form(clean_worker_system, view, group_name=name, carrier_group_id=name).errors == {}
        assert clean_worker_system.operation(view).input.group_name == name  # type: ignore[union-attr]
    clean_worker_system.wait(policies.REQUEST_CARD_WAIT_SECONDS)
    clean_worker_system.notify()
    messages = clean_worker_system.slack.channel(CONNECTIONS)[before:]
    assert len(messages) == len(HOSTILE)
    for message in messages:
        assert [ping for ping in clean_worker_system.slack.mentions(message) if ping != "@Ana"] == []
        assert clean_worker_system.slack.links(message) == []


def test_a_too_long_name_shows_an_error_at_its_field(system: System) -> None:
    state = {"values": {name: {name: {"value": value}} for name, value in REQUEST.items()}}
    state["values"]["group_name"] = {"group_name": {"value": "x" * 5000}}
    answer = connect.FORM.submission(context_of(system, ANA), {"id": "V2", "state": state})
    assert answer["errors"] == {"group_name": "Use at most 200 characters; you entered 5000."}


@pytest.mark.parametrize("text", ["x" * 3900, "\u202eevil\u200b", "a\x00b", "é" * 300])
def test_the_form_opens_with_any_text_after_connect(system: System, text: str) -> None:
    assert type_command(system, "connect " + text).error is None
    assert "[[ Request a connection ]]" in modal_text(system)
