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

from bot.domain.records import Carriers
from bot.domain.requests import ConnectionRequest
from bot.errors import TableUnavailable
from bot.slack.features import connect
from tests.slack.incoming import (
    Down,
    a_system,
    answer_text,
    begin,
    context_of,
    fields_of,
    receives_with,
    table_cannot_submit,
    types,
    view_id,
    window,
)
from tests.system import ANA, BEN, CONNECTIONS, GUARDIAN, GUS, REGION, REQUEST, System


@pytest.fixture(scope="module")
def worked() -> Iterator[System]:
    """A system whose workers process only what the current test submits."""
    yield from a_system()


@pytest.fixture
def quiet(worked: System) -> System:
    begin(worked)
    return worked


def opened(system: System, user: str = ANA, text: str = "connect") -> str:
    types(system, text, user)
    return view_id(system, user)


def submits(system: System, view: str, user: str = ANA, **fields: str) -> Any:
    return system.slack.submit(user, view, REQUEST | fields)


def submitted_groups(system: System, carrier_group_id: str) -> list[str]:
    """The open operations that ask for this id."""
    requests = [system.operation(operation_id).input for operation_id in system.open_operations()]
    return [
        request.group_name
        for request in requests
        if isinstance(request, ConnectionRequest) and request.carrier_group_id == carrier_group_id
    ]


def test_the_form_asks_for_what_noyo_needs_and_explains_each_field(system: System) -> None:
    opened(system, text="connect Acme & Söhne")
    shown = window(system)
    for said in ("Carrier: [Choose one]", "Group name: [Acme & Söhne]", "Carrier group ID", "federal EIN"):
        assert said in shown
    for optional in ("Broker's federal EIN (optional)", "Broker's TIN (optional)", "email address (optional)"):
        assert optional in shown
    assert "Encrypted until then, and never shown" in shown


def test_a_submission_creates_one_operation_and_says_what_happens_next(system: System) -> None:
    view = opened(system)
    assert submits(system, view, carrier_group_id="one").errors == {}
    shown = window(system)
    assert "Sending: Test Company with Guardian, carrier group id one." in shown
    assert "This window shows Noyo's answer" in shown
    assert "You can close it" in shown
    operation = system.operation(view)
    assert (operation.actor, operation.reply_to.view_id) == (ANA, view)
    assert submitted_groups(system, "one") == ["Test Company"]


def test_every_invalid_field_shows_its_own_error(system: System) -> None:
    view = opened(system)
    wrong = {
        "federal_ein": "12",
        "broker_federal_ein": "1234567890",
        "broker_tin": "abc",
        "employer_email_address": "a@b",
        "carrier_group_id": "a\u202eb",
    }
    found = submits(system, view, **wrong).errors
    assert found.keys() == wrong.keys()
    assert found["federal_ein"] == "Enter nine digits, such as 12-3456789."
    assert "hidden character" in found["carrier_group_id"]
    assert view not in system.open_operations()


def test_fields_that_a_modified_client_omits_are_errors(system: System) -> None:
    """Slack enforces required fields; the server does not rely on it."""
    answer = connect.FORM.submission(context_of(system, ANA), {"id": "V1", "state": {"values": {}}})
    assert answer["errors"].keys() == {"carrier_id", "group_name", "carrier_group_id", "federal_ein"}


@pytest.mark.parametrize("ein", ["12-3456789", "123456789", " 12 3456789 ", "12\u20133456789"])
def test_an_ein_may_be_typed_as_people_write_it(system: System, ein: str) -> None:
    system.slack.workspace.view_stacks.clear()
    assert submits(system, opened(system), federal_ein=ein, carrier_group_id=ein.strip()).errors == {}


def test_the_same_form_submitted_twice_is_one_operation(system: System) -> None:
    view = opened(system)
    reply = submits(system, view, carrier_group_id="twice")
    again = system.slack.resend(ANA, reply)
    assert again.status == 200
    assert submitted_groups(system, "twice") == ["Test Company"]


def test_a_form_that_is_submitted_again_after_the_answer_shows_the_outcome(quiet: System) -> None:
    """The window must not show "Sending" for an operation that is already settled."""
    context = context_of(quiet, ANA)
    view = opened(quiet)
    submits(quiet, view, carrier_group_id="late")
    quiet.execute_due()
    state = {"values": {name: {name: {"value": value}} for name, value in REQUEST.items()}}
    state["values"]["carrier_group_id"] = {"carrier_group_id": {"value": "late"}}
    answer = connect.FORM.submission(context, {"id": view, "state": state})
    assert answer["view"]["title"]["text"] == "Already sent"
    assert "Noyo confirmed" in json.dumps(answer)


def test_a_second_person_with_the_same_request_sees_the_open_one(system: System) -> None:
    submits(system, opened(system), carrier_group_id="same")
    found = submits(system, opened(system, BEN), BEN, carrier_group_id="same", group_name="Other Name").errors
    assert "This was already requested with carrier group id same" in found["carrier_group_id"]
    assert "Nothing new was sent" in found["carrier_group_id"]
    assert submitted_groups(system, "same") == ["Test Company"]


def test_a_form_can_be_submitted_again_after_the_table_was_down(system: System) -> None:
    view = opened(system)
    table_cannot_submit(system)
    submits(system, view, carrier_group_id="down", broker_tin="987654321")
    assert "[[ Something went wrong ]]" in window(system)
    assert "close this window and submit again" in window(system)
    assert submitted_groups(system, "down") == []
    system.slack.close_view(ANA, view_id(system))
    assert "Carrier group ID: [down]" in window(system)
    begin_again = system.bot.__dict__.pop("slack_endpoint")
    assert begin_again is not None
    system.slack.submit(ANA, view, {})
    assert "[[ Sending to Noyo ]]" in window(system)
    assert submitted_groups(system, "down") == ["Test Company"]


def test_nothing_is_submitted_unencrypted_while_the_key_service_is_down(system: System) -> None:
    context = context_of(system)
    down = Down(context.deps.encryptor, "encrypt", error=TableUnavailable("The encryption key is not answering."))
    receives_with(system, replace(context, deps=replace(context.deps, encryptor=down)))
    submits(system, opened(system), carrier_group_id="unencrypted")
    assert "The encryption key is not answering." in window(system)
    assert submitted_groups(system, "unencrypted") == []


def test_an_unexpected_error_shows_an_id_that_is_in_the_log(system: System, caplog: pytest.LogCaptureFixture) -> None:
    context = context_of(system)
    down = Down(context.deps.encryptor, "encrypt", error=RuntimeError("a bug"))
    receives_with(system, replace(context, deps=replace(context.deps, encryptor=down)))
    submits(system, opened(system), carrier_group_id="bug")
    error_id = next(record.error_id for record in caplog.records if hasattr(record, "error_id"))
    assert f"error {error_id}" in window(system)
    assert "a bug" not in window(system)


def test_typed_secrets_appear_in_no_log_window_message_or_item(quiet: System, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for name in ("switchboard", "bot", "slack_bolt", "slack_sdk"):
        caplog.set_level(logging.DEBUG, logger=name)
    secrets = {
        "federal_ein": "98-7654321",
        "broker_federal_ein": "876543219",
        "broker_tin": "765432198",
        "employer_email_address": "hidden@example.com",
    }
    view = opened(quiet)
    table_cannot_submit(quiet)
    submits(quiet, view, carrier_group_id="secret", **secrets)
    failed = window(quiet)
    quiet.bot.__dict__.pop("slack_endpoint")
    quiet.slack.close_view(ANA, view_id(quiet))
    quiet.slack.submit(ANA, view, {})
    items = [str(item) for item in _items(quiet)]
    assert any("secret" in item for item in items)
    quiet.execute_due()
    quiet.notify()
    items += [str(item) for item in _items(quiet)]
    seen = [failed, window(quiet), quiet.seen_in(CONNECTIONS), caplog.text, *items, repr(quiet.slack.ephemerals(ANA))]
    for typed in [*secrets.values(), "987654321"]:
        assert not [text for text in seen if typed in text], typed


def _items(system: System) -> list[Any]:
    client = boto3.client("dynamodb", region_name=REGION)
    return list(client.scan(TableName=system.settings.aws.table)["Items"])


def test_more_carriers_than_a_list_holds_are_searched(tmp_path: Path) -> None:
    names = {f"{number:08x}-0000-4000-8000-000000000000": f"Carrier {number:03}" for number in range(150)}
    file = tmp_path / "many.json"
    file.write_text(json.dumps(names | {GUARDIAN: "Guardian " + "very " * 40 + "long"}))
    for system in a_system(CARRIERS_FILE=str(file)):
        view = opened(system)
        assert len(system.slack.suggest(ANA, view, "carrier_id", "carrier")) == 100
        assert [option["text"]["text"] for option in system.slack.suggest(ANA, view, "carrier_id", "CARRIER 14")] == [
            f"Carrier 14{digit}" for digit in range(10)
        ]
        assert system.slack.suggest(ANA, view, "carrier_id", "nobody") == []
        assert len(system.slack.suggest(ANA, view, "carrier_id", "guard")) == 1
        assert submits(system, view, carrier_id=f"{7:08x}-0000-4000-8000-000000000000").errors == {}
        assert system.operation(view).entity.key.startswith("00000007-")


def test_with_exactly_as_many_carriers_as_a_list_holds_there_is_a_list(system: System) -> None:
    names = {f"{number:08x}-0000-4000-8000-000000000000": f"Carrier {number}" for number in range(100)}
    context = context_of(system)
    receives_with(system, replace(context, display=replace(context.display, carriers=Carriers(names))))
    opened(system)
    shown = system.slack.view_of(ANA)
    assert len(fields_of({"blocks": shown.blocks})["carrier_id"]["element"]["options"]) == 100


def test_without_names_of_carriers_the_id_is_typed(system: System) -> None:
    context = context_of(system)
    receives_with(system, replace(context, display=replace(context.display, carriers=Carriers())))
    view = opened(system)
    assert "Carrier ID: []" in window(system)
    found = submits(system, view, carrier_id="Guardian", carrier_group_id="by hand").errors
    assert "enter its Noyo id" in found["carrier_id"]
    assert submits(system, view, carrier_id=GUARDIAN.upper(), carrier_group_id="by hand").errors == {}
    assert submitted_groups(system, "by hand") == ["Test Company"]
    assert system.operation(view).entity.key == f"{GUARDIAN}#by hand"


def test_a_guest_may_not_ask_and_sees_no_form(system: System) -> None:
    assert "Guests cannot do this" in answer_text(system, types(system, "connect", GUS))
    assert window(system, GUS) == ""


def test_somebody_who_became_a_guest_over_the_form_is_refused_at_the_submission(system: System) -> None:
    system.slack.add_user("U0TEMP", "Tem")
    view = opened(system, "U0TEMP")
    system.slack.add_user("U0TEMP", "Tem", is_restricted=True)
    system.wait(3601)
    submits(system, view, "U0TEMP", carrier_group_id="became a guest")
    assert "Guests cannot do this" in window(system, "U0TEMP")
    assert submitted_groups(system, "became a guest") == []


def test_where_slack_does_not_say_who_somebody_is_nothing_is_opened(system: System) -> None:
    system.slack.add_user("U0NEW", "New")
    system.slack.faults.server_error("users.info")
    read = answer_text(system, types(system, "connect", "U0NEW"))
    assert "I could not read your Slack profile just now, so nothing was done. Please try again" in read
    assert window(system, "U0NEW") == ""
    types(system, "connect", "U0NEW")
    assert "Request a connection" in window(system, "U0NEW")


HOSTILE = (
    "<!channel> & <@U0BEN>",
    "*bold* _it_ ~no~ `code` :tada:",
    "https://evil.example/x?<a|b>",
    '"}]},{"type":"divider"}',
)


def test_hostile_names_ping_nobody_and_lead_nowhere(quiet: System) -> None:
    before = len(quiet.slack.channel(CONNECTIONS))
    for name in HOSTILE:
        view = opened(quiet)
        assert submits(quiet, view, group_name=name, carrier_group_id=name).errors == {}
        assert quiet.operation(view).input.group_name == name  # type: ignore[union-attr]
    quiet.notify()
    messages = quiet.slack.channel(CONNECTIONS)[before:]
    assert len(messages) == len(HOSTILE)
    for message in messages:
        assert [ping for ping in quiet.slack.mentions(message) if ping != "@Ana"] == []
        assert quiet.slack.links(message) == []


def test_a_name_of_five_thousand_characters_is_refused_under_its_field(system: System) -> None:
    state = {"values": {name: {name: {"value": value}} for name, value in REQUEST.items()}}
    state["values"]["group_name"] = {"group_name": {"value": "x" * 5000}}
    answer = connect.FORM.submission(context_of(system, ANA), {"id": "V2", "state": state})
    assert answer["errors"] == {"group_name": "Use at most 200 characters; you entered 5000."}


@pytest.mark.parametrize("text", ["x" * 3900, "\u202eevil\u200b", "a\x00b", "é" * 300])
def test_whatever_stands_after_connect_the_form_opens(system: System, text: str) -> None:
    assert types(system, "connect " + text).error is None
    assert "[[ Request a connection ]]" in window(system)
