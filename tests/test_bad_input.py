"""Invalid input end to end: it is refused clearly, nothing is lost and nothing is done twice."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from bot import policies
from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.records import disconnection_ref, person_ref
from bot.domain.requests import Decision
from bot.slack.features.decide import CALLBACKS
from bot.slack.views.buttons import ButtonValue, encode
from infra.local import environment as local
from infra.local.noyo import Fault
from tests.slack.incoming import (
    answer_text,
    command_body,
    event,
    interaction_body,
    modal_text,
    new_system,
    post_signed,
    reset_system,
    type_command,
    view_id,
)
from tests.system import ANA, CONNECTIONS, DECISIONS, GUARDIAN, System, blocks_of


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    yield from new_system()


@pytest.fixture
def system(shared: System) -> System:
    reset_system(shared)
    return shared


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"headers": {}}, 401),
        ({"headers": None}, 401),
        ({"headers": {"x-slack-signature": "v0=1", "x-slack-request-timestamp": "soon"}}, 401),
        ({"body": "%%% no base64"}, 400),
        ({"body": None}, 401),
    ],
)
def test_an_invalid_request_is_refused_without_calls_to_slack(
    system: System, changes: dict[str, object], status: int
) -> None:
    before = len(system.slack.calls)
    answer = system.bot.slack_endpoint.handle({**event(command_body("connect"), system.clock()), **changes})
    assert answer["statusCode"] == status
    assert len(system.slack.calls) == before


@pytest.mark.parametrize("body", [b"payload={", b"payload=%ff%fe%00", b"\xff", interaction_body(["no", "object"])])
def test_a_signed_request_that_cannot_be_read_is_refused(system: System, body: bytes) -> None:
    assert post_signed(system, body)["statusCode"] == 400


@pytest.mark.parametrize("text", ["not-a-uuid", "c699414d-fd1c-4de4-86f0", "../../etc/passwd", "%00", "{}", "' OR 1=1"])
def test_an_id_that_is_not_a_uuid_sends_no_request_to_noyo(system: System, text: str) -> None:
    before = len(system.noyo.requests)
    assert "Nothing here matches" in answer_text(system, type_command(system, f"status {text}"))
    system.execute_due()
    assert len(system.noyo.requests) == before


def test_a_corrected_submission_is_sent_once(system: System) -> None:
    """Invalid fields are refused. After the correction, one request is sent with the text as typed."""
    name = '<!channel> "}],"x":[{ \\ & Co'
    type_command(system, "connect")
    view = view_id(system)
    before = len(system.writes())
    wrong = {"federal_ein": "1", "carrier_group_id": "a\u200bb", "group_name": name, "carrier_id": "Guardian"}
    assert system.slack.submit(ANA, view, wrong).errors.keys() == {"federal_ein", "carrier_group_id"}
    assert not system.open_operations()
    reply = system.slack.submit(ANA, view, {"federal_ein": "12-3456789", "carrier_group_id": "ab-1"})
    assert reply.errors == {}
    assert system.slack.resend(ANA, reply).status == 200
    system.execute_due()
    system.notify()
    assert len(system.writes()) == before + 1
    message = system.slack.channel(CONNECTIONS)[-1]
    assert system.slack.mentions(message) in ([], ["@Ana"])
    assert "123456789" not in blocks_of(message) + message.text
    assert "[[ Sent to Noyo ]]" in modal_text(system)


# ---------------------------------------------------------------- decisions


@pytest.mark.parametrize("day", ["12/31/2026", "31.12.2026", "2026-12-32", "2026-12-31T00:00:00Z", "tomorrow", "0"])
def test_a_date_in_another_format_submits_nothing_and_reports_its_field(day: str) -> None:
    with System(APPROVERS=ANA) as system:
        disconnection = add_disconnection_request(system, "Dates Inc")
        view = open_approval_form(system, disconnection)
        values = {f"end_date.{disconnection['version']}": {"selected_date": day}}
        answer = submit_raw(system, view, disconnection, values)
        assert answer["response_action"] == "errors"
        assert answer["errors"].keys() == {f"end_date.{disconnection['version']}"}
        system.settle(20)
        assert system.writes() == []


def test_a_vanished_user_group_revokes_the_permission_for_unsent_operations() -> None:
    """The group vanishes between the click and the request; the audit log records the lost grant."""
    with System(APPROVERS="S0APPROVERS") as system:
        system.slack.add_usergroup("S0APPROVERS", "approvers", [ANA])
        disconnection = add_disconnection_request(system, "Vanished Inc")
        view = open_approval_form(system, disconnection)
        system.noyo.faults.add(Fault("too_many", method="GET", times=None))  # The operation cannot be sent yet.
        system.slack.submit(ANA, view, {})
        system.execute_due()
        del system.slack.workspace.usergroups["S0APPROVERS"]
        system.wait(policies.GROUP_MEMBERS_FRESH_SECONDS // 2 + 1)
        system.notify()
        system.noyo.faults.clear()
        system.settle(30)

        operation = system.operation(view)
        assert operation.state is OperationState.CANCELLED
        assert operation.outcome is not None
        assert operation.outcome.kind is OutcomeKind.NOT_AUTHORIZED
        assert system.writes() == []
        lost = system.bot.repositories.audit.entries(person_ref(ANA), limit=5)
        assert [(entry.action, dict(entry.details)["right"]) for entry in lost] == [("grant_removed", "approve")]
        assert "does not have permission for this" in system.read_channel(DECISIONS)


def test_a_decision_on_an_unknown_record_is_refused_and_sends_nothing() -> None:
    """The forms refer to records that do not exist."""
    with System(APPROVERS=ANA) as system:
        disconnection = add_disconnection_request(system, "Foreign Inc")
        view = open_approval_form(system, disconnection)
        for record_id in ("0" * 8 + disconnection["id"][8:], "../" + disconnection["id"], disconnection["id"].upper()):
            answer = submit_raw(system, view, disconnection | {"id": record_id}, {})
            assert "Switchboard no longer has this request" in str(answer)
        system.settle(20)
        assert system.writes() == []


def add_disconnection_request(system: System, name: str) -> dict[str, Any]:
    system.settle(10)
    disconnection = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=str(uuid.uuid4()), group_name=name, effective_end_date="2026-12-31"
    )
    system.settle(10)
    return disconnection


def open_approval_form(system: System, disconnection: dict[str, Any]) -> str:
    (card,) = [
        message
        for message in system.slack.channel(DECISIONS)
        if disconnection["group_name"] in system.slack.render(message)
    ]
    system.slack.click(ANA, DECISIONS, card.ts, "approve")
    view = system.slack.view_of(ANA)
    assert view is not None
    return str(view.id)


def submit_raw(system: System, view: str, disconnection: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Submits a form that Slack's client would never send."""
    metadata = encode(ButtonValue(disconnection_ref(disconnection["id"]), disconnection["version"]))
    form = {
        "id": view,
        "callback_id": CALLBACKS[Decision.APPROVE],
        "private_metadata": metadata,
        "state": {"values": {name: {name: value} for name, value in values.items()}},
    }
    answer: dict[str, Any] = json.loads(post_signed(system, interaction_body(submission(form)))["body"])
    return answer


def submission(form: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "view_submission",
        "user": {"id": ANA, "team_id": local.TEAM},
        "team": {"id": local.TEAM},
        "api_app_id": local.APP,
        "trigger_id": "1.2.3",
        "view": {"type": "modal", **form},
    }
