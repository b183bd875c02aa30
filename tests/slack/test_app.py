"""The app with invalid input: requests of other apps, forged clicks, old buttons."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.slack.app import build_app
from bot.slack.views import record_facts
from bot.slack.views.buttons import Action
from infra.local import environment as local
from infra.local.slack.workspace import ResponseUrl
from tests.slack.incoming import (
    FailingPort,
    click_payload,
    command_body,
    context_of,
    event,
    handle_requests_with,
    interaction_body,
    modal_text,
    post_buttons,
    post_signed,
    press_button,
    store_connection,
)
from tests.system import ANA, BEN, CONNECTIONS, System


def plain_button(action_id: str, value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Press"}
    return {"type": "button", "action_id": action_id, "text": text, "value": value}


def called_methods(system: System) -> list[str]:
    return [call.method for call in system.slack.calls]


@pytest.mark.parametrize(
    "body",
    [
        command_body("help", api_app_id="A0OTHER"),
        command_body("help", api_app_id="A0OTHER", team_id="T0OTHER"),
        interaction_body(click_payload("details", "{}") | {"api_app_id": "A0OTHER"}),
        interaction_body({"api_app_id": local.APP}),
        interaction_body({"type": "shortcut", "api_app_id": "A0OTHER", "team": {"id": local.TEAM}}),
        interaction_body({"type": "message_action", "api_app_id": None, "team": {"id": local.TEAM}}),
        interaction_body({"type": "shortcut", "callback_id": "connect_group"}),
        interaction_body({"type": "block_actions", "team": {"id": local.TEAM}}),
        interaction_body({"api_app_id": local.APP, "team": "T0LOCAL"}),
        b"",
        b"text=help",
    ],
)
def test_a_request_for_another_app_or_without_a_workspace_is_refused_without_a_reason(
    system: System, body: bytes
) -> None:
    before = called_methods(system)
    assert post_signed(system, body)["statusCode"] == 403
    assert called_methods(system) == before


OTHER_WORKSPACE = {"team": {"id": "T0OTHER"}, "user": {"id": "U0STRANGER", "team_id": "T0OTHER"}}
ONLY_MEMBERS = "Only members of this workspace can do this; people of connected workspaces cannot."


def test_a_command_from_another_workspace_gets_a_refusal_and_causes_no_call(system: System) -> None:
    before = called_methods(system)
    for text in ("help", "status", "connect"):
        answer = post_signed(system, command_body(text, team_id="T0OTHER"))
        read = json.loads(answer["body"])
        assert (answer["statusCode"], read["response_type"]) == (200, "ephemeral")
        assert ONLY_MEMBERS in read["text"]
    assert called_methods(system) == before


def test_a_submission_from_another_workspace_gets_a_refusal_and_submits_nothing(system: System) -> None:
    view = {"id": "V1", "type": "modal", "callback_id": "connect", "app_installed_team_id": local.TEAM}
    body = {"type": "view_submission", "api_app_id": local.APP, "view": view}
    before = system.open_operations()
    answer = json.loads(post_signed(system, interaction_body(body | OTHER_WORKSPACE))["body"])
    assert answer["response_action"] == "push"
    assert ONLY_MEMBERS in json.dumps(answer)
    assert system.open_operations() == before


@pytest.mark.parametrize("whose", [OTHER_WORKSPACE, OTHER_WORKSPACE | {"team": None}])
def test_a_click_from_another_workspace_gets_an_ephemeral_refusal(system: System, whose: dict[str, Any]) -> None:
    record_state = store_connection(system, "Shared Channel Inc")
    ts = post_buttons(system, record_facts.record_button(Action.RETRY, record_state.record))
    response_url = ResponseUrl("U0STRANGER", CONNECTIONS, system.clock(), ts)
    url = system.slack.url.removesuffix("api/") + system.slack.workspace.new_response_url(response_url)
    answer = post_signed(system, interaction_body(click_payload("retry", "{}", response_url=url) | whose))
    assert (answer["statusCode"], answer["body"]) == (200, "")
    (shown_answer,) = system.slack.ephemerals("U0STRANGER")
    assert ONLY_MEMBERS in system.slack.render(shown_answer)


def test_a_search_from_another_workspace_returns_no_options(system: System) -> None:
    body = {"type": "block_suggestion", "api_app_id": local.APP, "action_id": "carrier_id", "value": "guard"}
    assert json.loads(post_signed(system, interaction_body(body | OTHER_WORKSPACE))["body"]) == {"options": []}


def test_a_member_of_a_connected_workspace_gets_a_refusal(system: System) -> None:
    """The request names our team; Slack returns the team that the user belongs to."""
    system.slack.add_user("U0STRANGER", "Stran", team_id="T0OTHER")
    answer = post_signed(system, command_body("connect", user_id="U0STRANGER"))
    assert "people of connected workspaces cannot" in answer["body"]


@pytest.mark.parametrize(
    ("changes", "expected"), [({"deleted": True}, "active members"), ({"is_bot": True}, "active members")]
)
def test_deactivated_people_and_bots_get_a_refusal(system: System, changes: dict[str, bool], expected: str) -> None:
    user = "U0" + next(iter(changes)).upper().replace("_", "")
    system.slack.add_user(user, "Nobody", **changes)
    assert expected in post_signed(system, command_body("connect", user_id=user))["body"]


def test_slacks_ssl_check_is_answered(system: System) -> None:
    assert post_signed(system, command_body("", ssl_check="1"))["statusCode"] == 200


def test_a_request_without_headers_is_refused(system: System) -> None:
    assert system.bot.slack_endpoint.handle({**event(b"", 0), "headers": None})["statusCode"] == 401


def test_building_the_app_makes_no_calls(system: System) -> None:
    """Bolt must not call `auth.test`, because the first command would wait for it."""
    before = called_methods(system)
    build_app(context_of(system))
    assert called_methods(system) == before


@pytest.mark.parametrize("text", ["status payload inc", "connect payload=x"])
def test_a_command_may_contain_the_word_payload(system: System, text: str) -> None:
    assert system.slack.command(ANA, CONNECTIONS, "/noyo", text).error is None


def test_an_unknown_slash_command_gets_an_explanation(system: System) -> None:
    answer = post_signed(system, command_body("help", command="/other"))
    assert answer["statusCode"] == 200
    assert "another version of Switchboard" in answer["body"]


@pytest.mark.parametrize(
    "body",
    [
        command_body("help", command="/noyo").replace(b"user_id", b"nobody"),
        interaction_body(click_payload("details", None)),
        interaction_body(click_payload("details", "{}", actions=[])),
        interaction_body(click_payload("details", "{}", actions=[{"action_id": "details", "type": "button"}])),
        interaction_body({**click_payload("details", "{}"), "user": {"team_id": local.TEAM}}),
        interaction_body({"type": "view_submission", "api_app_id": local.APP, "team": {"id": local.TEAM}}),
        interaction_body(
            {"type": "event_callback", "api_app_id": local.APP, "team_id": local.TEAM, "event": {"type": "x"}}
        ),
        interaction_body({"type": "shortcut", "api_app_id": local.APP, "team": {"id": local.TEAM}, "callback_id": "x"}),
        interaction_body({"type": "never heard of", "api_app_id": local.APP, "team": {"id": local.TEAM}}),
    ],
)
def test_an_incomplete_payload_is_answered_and_submits_nothing(system: System, body: bytes) -> None:
    before = system.open_operations()
    assert post_signed(system, body)["statusCode"] < 500
    assert system.open_operations() == before


FORGED = [
    "",
    "no json",
    "[" * 1999,
    "x" * 2000,
    "7",
    "[]",
    "{}",
    '{"s":1}',
    '{"s":1,"r":"connection:","v":"1"}',
    '{"s":1,"r":"nothing:1","v":"1"}',
    '{"s":1,"r":"pending_connection:a#b","v":"1"}',
    '{"s":1,"r":"person:U0ANA","v":"1"}',
    '{"s":1,"r":"connection:%s","v":"1"}' % ("é" * 900),
    '{"s":1,"r":"connection:\\ud800","v":"1"}',
    '{"s":1,"r":7,"v":[]}',
    '{"s":1,"r":"disconnection:0b1c7c5e-0000-4000-8000-00000000dead","v":"1"}',
    '{"s":1,"o":"%s"}' % ("o" * 1980),
    '{"s":1,"o":"nobody"}',
]


@pytest.mark.parametrize("act", [Action.RETRY, Action.DETAILS, Action.CLOSE])
def test_forged_button_values_do_nothing_and_get_an_explanation(system: System, act: Action) -> None:
    before = system.open_operations()
    for value in FORGED:
        system.wait(1)
        system.slack.workspace.view_stacks.clear()
        button = plain_button(act.value, "x") | {"value": value}
        answer = press_button(system, button) if value else None
        assert answer is None or (answer.status, answer.error) == (200, None), value
        assert answer is None or modal_text(system), value
    assert system.open_operations() == before


def test_a_button_of_another_version_gets_an_explanation(system: System) -> None:
    press_button(system, plain_button("retry", '{"s":2,"x":"new"}'))
    assert "another version of Switchboard" in modal_text(system)
    press_button(system, plain_button("snooze", '{"s":1}'))
    assert "another version of Switchboard. Nothing was sent to Noyo." in modal_text(system)


def test_a_failed_click_is_explained_in_a_modal_and_logged(system: System, caplog: pytest.LogCaptureFixture) -> None:
    context = context_of(system)
    handle_requests_with(
        system, replace(context, deps=replace(context.deps, records=FailingPort(context.deps.records, "record_state")))
    )
    record_state = store_connection(system, "Click Inc")
    press_button(system, record_facts.record_button(Action.RETRY, record_state.record))
    assert "[[ That did not work ]]" in modal_text(system)
    assert "not answering right now. Please try again in a minute." in modal_text(system)
    assert "submit" not in modal_text(system)
    assert [record.kind for record in caplog.records if hasattr(record, "error_id")] == ["block_actions"]


@pytest.mark.parametrize("action", [Action.RETRY, Action.DETAILS])
def test_if_slack_opens_no_modal_a_click_gets_an_ephemeral_answer(system: System, action: Action) -> None:
    system.slack.faults.server_error("views.open", times=2)
    record_state = store_connection(system, "No Window Inc")
    reply = press_button(system, record_facts.record_button(action, record_state.record))
    assert (reply.status, reply.error) == (200, None)
    (answer,) = system.slack.ephemerals(ANA)
    assert "Slack could not open a window." in system.slack.render(answer)
    assert system.slack.ephemerals(BEN) == []
    assert system.slack.channel(CONNECTIONS)[-1].text == "buttons"


def test_a_click_that_cannot_be_answered_is_acknowledged_and_logged(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    system.slack.faults.server_error("views.open", times=2)
    system.slack.faults.server_error("response_url")
    record_state = store_connection(system, "Silent Inc")
    reply = press_button(system, record_facts.record_button(Action.DETAILS, record_state.record))
    assert (reply.status, reply.error) == (200, None)
    assert system.slack.ephemerals(ANA) == []
    assert "could not give feedback for a click" in caplog.text


@pytest.mark.parametrize("changes", [{}, {"response_url": None}, {"response_url": ["https://x.example"]}])
def test_a_click_without_a_response_url_is_acknowledged_and_logged(
    system: System, caplog: pytest.LogCaptureFixture, changes: dict[str, Any]
) -> None:
    answer = post_signed(system, interaction_body(click_payload("details", "no json", **changes)))
    assert answer["statusCode"] == 200
    assert "could not give feedback for a click" in caplog.text


def test_a_closed_modal_causes_no_call(system: System) -> None:
    before = called_methods(system)
    post_signed(
        system,
        interaction_body({"type": "view_closed", "api_app_id": local.APP, "team": {"id": local.TEAM}, "view": {}}),
    )
    assert called_methods(system) == before


def test_a_failed_search_for_carriers_returns_no_options(system: System) -> None:
    sender = {"api_app_id": local.APP, "team": {"id": local.TEAM}, "user": {"id": ANA}}
    body = {"type": "block_suggestion", "action_id": "carrier_id", **sender}
    assert json.loads(post_signed(system, interaction_body({**body, "value": 7}))["body"]) == {"options": []}
    assert json.loads(post_signed(system, interaction_body({**body, "value": "guard"}))["body"])["options"]


def test_a_replayed_request_takes_effect_once(system: System) -> None:
    """A signature is valid for five minutes, but the trigger is used up and is the id of the operation."""
    unknown_id = "0b1c7c5e-0000-4000-8000-000000000042"
    reply = system.slack.command(ANA, CONNECTIONS, "/noyo", f"status {unknown_id}")
    assert system.slack.resend(ANA, reply).status == 200
    submitted_ids = [
        operation_id
        for operation_id in system.open_operations()
        if system.operation(operation_id).entity.key == unknown_id
    ]
    assert len(submitted_ids) == 1


def test_bolt_logs_no_request_bodies_and_no_tokens(system: System, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="slack_bolt")
    caplog.set_level(logging.DEBUG, logger="switchboard")
    system.slack.command(BEN, CONNECTIONS, "/noyo", "connect Unmentioned")
    post_signed(system, command_body("Unmentioned", command="/other", response_url="https://hooks.example/unmentioned"))
    assert "nmentioned" not in caplog.text
    assert local.BOT_TOKEN not in caplog.text


NAMES = "type user team view actions channel trigger_id command text value state container callback_id".split()
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=10)
    | st.sampled_from(
        ["block_actions", "view_submission", "block_suggestion", "connect", "retry", "details", "carrier_id", "/noyo"]
    )
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)
PAYLOADS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["block_actions", "view_submission", "block_suggestion", "view_closed", "event_callback"]
        ),
        "api_app_id": st.just(local.APP),
        "team_id": st.just(local.TEAM),
    },
    optional={
        "user": JSON,
        "view": JSON
        | st.fixed_dictionaries({"callback_id": st.sampled_from(["connect", "retry"])}, optional={"state": JSON}),
        "actions": JSON
        | st.lists(st.fixed_dictionaries({"action_id": st.sampled_from(list(Action)), "value": JSON}), max_size=1),
        "action_id": st.just("carrier_id"),
        "value": JSON,
        "container": JSON,
        "command": JSON,
    },
)


@given(PAYLOADS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_signed_payload_crashes_the_app(shared: System, request: dict[str, Any]) -> None:
    assert post_signed(shared, interaction_body(request))["statusCode"] < 500
