"""What Noyo's documents name reaches people in Slack, or Noyo as typed: docs/coverage.md names these tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.records import ConnectionStatus, DisconnectionStatus, EntityKind, EntityRef
from bot.domain.requests import DecisionReason, DisconnectionReason
from bot.slack.views import record_facts
from bot.slack.views.buttons import Action
from infra.local.noyo import Fault, Rules
from tests.slack.features.test_decide import end_date_field
from tests.slack.incoming import answer_text, modal_text, press_button, type_command, view_id
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, System

GROUP, SOURCE = "7a1f0c52-6c1b-4a52-9b1e-3a2f8e8a0c11", "0d8f5c1e-2b7a-4e6d-9c3f-5a1b7e9d2f40"
SENSITIVE = {
    "federal_ein": "983456789",
    "broker_federal_ein": "984567891",
    "broker_tin": "985678912",
    "employer_email_address": "owner@harbor.example",
}
MESSAGE = "Noyo's words of this refusal"


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    """Noyo answers with every field. Ana and Ben may approve, so that Ben can confirm what Ana requests."""
    with System(rules=Rules(settle_script=None, vendor_nulls=False), APPROVERS=f"{ANA},{BEN}") as started:
        yield started


@pytest.fixture
def system(shared: System) -> System:
    shared.slack.workspace.view_stacks.clear()
    shared.slack.workspace.ephemerals.clear()
    shared.noyo.faults.clear()
    shared.wait(120)
    return shared


def details(system: System, kind: EntityKind, record_id: str) -> str:
    state = system.bot.repositories.records.record_state(EntityRef(kind, record_id))
    assert state is not None
    press_button(system, record_facts.record_button(Action.DETAILS, state.record))
    return modal_text(system)


def card(system: System, channel: str, name: str) -> str:
    return next(text for text in map(system.slack.render, system.slack.channel(channel)) if name in text)


# ---------------------------------------------------------------- connections


@pytest.fixture(scope="module")
def connection(shared: System) -> dict[str, Any]:
    """As Noyo shows it, with every field."""
    row = shared.noyo.add_connection(
        carrier_id=GUARDIAN,
        carrier_group_id="HF-100",
        group_name="Harbor Foods LLC",
        group_id=GROUP,
        status="unable_to_connect",
        request_type="initial",
        completed=1_789_000_000,
        setup_result={"error": "The carrier does not know this group"},
        **SENSITIVE,
    )
    shared.settle(20)
    return row


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("id", "{id}"),
        ("version", "{version}"),
        ("created", "Created:"),
        ("modified", "last changed"),
        ("completed", "Completed:"),
        ("group_id", GROUP),
        ("carrier_id", GUARDIAN),
        ("request_type", "Request type:** initial"),
        ("status", "Unable to connect"),
        ("setup_result", "The carrier does not know this group"),
        ("group_data.carrier_group_id", "HF-100"),
        ("group_data.group_name", "Harbor Foods LLC"),
    ],
)
def test_details_show_a_field_of_a_connection(
    system: System, connection: dict[str, Any], field: str, shown: str
) -> None:
    value: Any = connection
    for name in field.split("."):
        value = value[name]
    assert value
    assert shown.format_map(connection) in details(system, EntityKind.CONNECTION, connection["id"])


@pytest.mark.parametrize("name", SENSITIVE)
def test_no_sensitive_field_of_a_connection_is_stored_or_shown(
    system: System, connection: dict[str, Any], name: str
) -> None:
    value = SENSITIVE[name]
    shown = details(system, EntityKind.CONNECTION, connection["id"]) + system.read_channel(CONNECTIONS)

    assert value in str(connection)
    assert value not in shown + system.read_channel(ALERTS) + str(system.items())


@pytest.mark.parametrize("status", ConnectionStatus)
def test_a_card_shows_a_status_of_a_connection(system: System, status: ConnectionStatus) -> None:
    name = f"Status {status.value} Inc"
    system.noyo.add_connection(carrier_id=GUARDIAN, group_name=name, status=status.value)
    system.settle(20)

    shown = card(system, CONNECTIONS, name)
    assert f"**Status:** {record_facts.status_name(status).text}" in shown  # type: ignore[union-attr]
    assert "**Next:**" in shown


def test_the_fields_of_a_request_for_a_new_group_are_sent_as_they_were_typed(system: System) -> None:
    system.slack.command(ANA, CONNECTIONS, "/noyo", "connect")
    typed = {"carrier_id": GUARDIAN, "carrier_group_id": "NEW-1", "group_name": "Brand New LLC", **SENSITIVE}
    system.slack.submit(ANA, view_id(system), typed)
    system.settle(20)

    [sent] = [seen for seen in system.writes() if "NEW-1" in str(seen.body)]
    data = {name: typed[name] for name in typed if name not in ("carrier_id", "federal_ein")}
    wanted = {"carrier_id": GUARDIAN, "federal_ein": SENSITIVE["federal_ein"], "group_data": data}
    assert (sent.path, sent.status, sent.body) == ("/api/v1/group_connections", 201, wanted)


def test_the_fields_of_a_request_for_an_existing_group_are_sent_as_they_were_typed(system: System) -> None:
    row = system.noyo.add_connection(carrier_id=GUARDIAN, group_name="Known Already LLC", status="completed")
    system.settle(20)
    system.slack.command(ANA, CONNECTIONS, "/noyo", "connect Known Already LLC")
    typed = {"carrier_id": GUARDIAN, "carrier_group_id": "MORE-1", "broker_tin": SENSITIVE["broker_tin"]}
    system.slack.submit(ANA, view_id(system), typed)
    system.settle(20)

    [sent] = [seen for seen in system.writes() if "MORE-1" in str(seen.body)]
    data = {"carrier_group_id": "MORE-1", "broker_tin": SENSITIVE["broker_tin"]}
    assert sent.path == f"/api/v1/groups/{row['group_id']}/group_connections"
    assert (sent.status, sent.body) == (201, {"carrier_id": GUARDIAN, "group_data": data})


def test_the_five_fields_of_a_retry_are_sent_as_they_were_typed(system: System) -> None:
    row = system.noyo.add_connection(carrier_id=GUARDIAN, group_name="Retried Inc", status="unable_to_connect")
    system.settle(20)
    state = system.connection_record_state(row["id"])
    press_button(system, record_facts.record_button(Action.RETRY, state.record))
    typed = {**SENSITIVE, "carrier_group_id": "HF-200"}
    system.slack.submit(ANA, view_id(system), typed)
    system.settle(20)

    [sent] = [seen for seen in system.writes() if seen.path.endswith(f"{row['id']}/retry")]
    assert (sent.method, sent.status, sent.body) == ("PUT", 201, typed)
    assert "Attempt 2" in card(system, CONNECTIONS, "Retried Inc")


def test_status_lists_the_connections_of_a_group(system: System) -> None:
    for carrier_group_id in ("L1", "L2"):
        system.noyo.add_connection(
            carrier_id=GUARDIAN, carrier_group_id=carrier_group_id, group_name="Listed Inc", status="completed"
        )
    system.settle(20)

    shown = answer_text(system, type_command(system, "status Listed Inc"))

    assert "L1" in shown
    assert "L2" in shown


# ---------------------------------------------------------------- disconnection requests


@pytest.fixture(scope="module")
def request_row(shared: System) -> dict[str, Any]:
    """As Noyo shows it, with every field."""
    row = shared.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN,
        group_id=GROUP,
        group_name="Harbor Inns LLC",
        effective_end_date="2026-12-30",
        source_date="2026-09-15",
        source_id=SOURCE,
        status="rejected",
        decided=1_789_000_000,
        completed=1_789_000_500,
    )
    shared.settle(20)
    return row


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("id", "{id}"),
        ("version", "{version}"),
        ("created", "Created:"),
        ("modified", "last changed"),
        ("completed", "Completed:"),
        ("decided", "Decided:"),
        ("carrier_id", GUARDIAN),
        ("group_id", GROUP),
        ("group_name", "Harbor Inns LLC"),
        ("source_type", "the carrier"),
        ("source_id", SOURCE),
        ("source_date", "15 Sep 2026"),
        ("effective_end_date", "30 Dec 2026"),
        ("status", "Rejected"),
    ],
)
def test_details_show_a_field_of_a_disconnection_request(
    system: System, request_row: dict[str, Any], field: str, shown: str
) -> None:
    assert request_row[field]
    assert shown.format_map(request_row) in details(system, EntityKind.DISCONNECTION, request_row["id"])


@pytest.mark.parametrize("status", DisconnectionStatus)
def test_details_show_a_status_of_a_disconnection_request(system: System, status: DisconnectionStatus) -> None:
    row = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name=f"Leaves {status.value} Inc", status=status.value
    )
    system.settle(20)

    shown = details(system, EntityKind.DISCONNECTION, row["id"])
    assert f"**Status:** {record_facts.status_name(status).text}" in shown  # type: ignore[union-attr]


def request_disconnection(system: System, name: str, **typed: str) -> Any:
    """Ana requests it and Ben confirms it. Returns what was sent to Noyo."""
    row = system.noyo.add_connection(carrier_id=GUARDIAN, group_name=name, status="completed")
    system.settle(20)
    type_command(system, f"disconnect {name}")
    fields = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": name} | typed
    assert system.slack.submit(ANA, view_id(system), fields).errors == {}
    system.settle(20)
    message = next(each for each in system.slack.channel(DECISIONS) if name in system.slack.render(each))
    system.slack.click(BEN, DECISIONS, message.ts, Action.CONFIRM.value)
    system.slack.submit(BEN, view_id(system, BEN), {})
    system.settle(20)
    return next(seen for seen in system.writes() if seen.body.get("group_id") == row["group_id"])


@pytest.mark.parametrize("reason", DisconnectionReason)
def test_a_disconnection_is_sent_with_its_reason_and_context(system: System, reason: DisconnectionReason) -> None:
    sent = request_disconnection(system, f"Ends {reason.value} Inc", reason=reason.value, context="They told us.")

    assert (sent.method, sent.status) == ("POST", 201)
    wanted = {"effective_end_date": "2026-12-31", "reason": reason.value, "context": "They told us."}
    assert wanted.items() <= sent.body.items()
    assert "They told us." in history(system, f"Ends {reason.value} Inc")


def history(system: System, name: str) -> str:
    """Of the disconnection request of this group."""
    found = [state.entity for state in system.bot.repositories.records.find(name, limit=9)]
    [request] = [entity for entity in found if entity.kind is EntityKind.DISCONNECTION]
    return answer_text(system, type_command(system, f"history {request.key}"))


def decide(system: System, name: str, command: str, **typed: str) -> Any:
    """Ana decides on a request of the carrier. Returns what was sent to Noyo."""
    row = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name=name, effective_end_date="2026-12-30"
    )
    system.settle(20)
    type_command(system, f"{command} {row['id']}")
    if "end_date" in typed:  # The field has another id for each day at Noyo.
        state = system.bot.repositories.records.record_state(EntityRef(EntityKind.DISCONNECTION, row["id"]))
        assert state is not None
        typed |= end_date_field(state, typed.pop("end_date"))
    assert system.slack.submit(ANA, view_id(system), typed).errors == {}
    system.settle(20)
    return next(seen for seen in system.writes() if row["id"] in seen.path)


@pytest.mark.parametrize("reason", DecisionReason)
def test_a_rejection_is_sent_with_its_reason_and_context(system: System, reason: DecisionReason) -> None:
    name = f"Stays {reason.value} Inc"
    sent = decide(system, name, "reject", reason=reason.value, context="They paid.")

    assert (sent.status, sent.body) == (200, {"status": "rejected", "reason": reason.value, "context": "They paid."})
    assert "They paid." in history(system, name)


def test_an_approval_is_sent_with_its_last_managed_day_and_context(system: System) -> None:
    sent = decide(system, "Approved Inc", "approve", end_date="2026-12-29", context="As agreed.")

    assert sent.body == {"status": "processing", "effective_end_date": "2026-12-29", "context": "As agreed."}


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("status", [403, 404, 409, 422])
def test_the_refusal_of_a_connection_is_shown_to_the_person_with_noyos_words(system: System, status: int) -> None:
    system.noyo.faults.add(Fault("false_answer", method="POST", status=status, body={"message": MESSAGE}))
    system.slack.command(ANA, CONNECTIONS, "/noyo", "connect")
    typed = {"carrier_id": GUARDIAN, "group_name": f"New {status} Inc", "federal_ein": "123456789"}
    system.slack.submit(ANA, view_id(system), typed | {"carrier_group_id": f"new-{status}"})
    system.settle(20)

    # Of a duplicate people see which connection Noyo has.
    assert ("Noyo already has a connection" if status == 409 else MESSAGE) in modal_text(system)


@pytest.mark.parametrize("status", [403, 404, 409, 422])
def test_the_refusal_of_a_retry_is_on_the_card_with_noyos_words(system: System, status: int) -> None:
    row = system.noyo.add_connection(carrier_id=GUARDIAN, group_name=f"Refused {status}", status="unable_to_connect")
    system.settle(20)
    press_button(system, record_facts.record_button(Action.RETRY, system.connection_record_state(row["id"]).record))
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=status, body={"message": MESSAGE}))
    system.slack.submit(ANA, view_id(system), {"carrier_group_id": f"retry-{status}"})
    system.settle(20)

    assert MESSAGE in modal_text(system)
    assert MESSAGE in card(system, CONNECTIONS, f"Refused {status}")


@pytest.mark.parametrize("status", [403, 404, 409, 422])
def test_the_refusal_of_a_disconnection_is_on_the_card_with_noyos_words(system: System, status: int) -> None:
    system.noyo.faults.add(Fault("false_answer", method="POST", status=status, body={"message": MESSAGE}))
    request_disconnection(system, f"Protected {status}")

    assert MESSAGE in card(system, DECISIONS, f"Protected {status}")


@pytest.mark.parametrize("status", [403, 404, 409, 422])
def test_the_refusal_of_a_decision_is_on_the_card_with_noyos_words(system: System, status: int) -> None:
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=status, body={"message": MESSAGE}))
    decide(system, f"Undecided {status}", "approve")

    assert MESSAGE in card(system, DECISIONS, f"Undecided {status}")
