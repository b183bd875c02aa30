"""Helpers for tests of requests from Slack: signed requests, and a receiver with replaceable parts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from slack_sdk import WebClient

from bot.domain.operations import Operation, OperationKind, OperationState, Outcome, OutcomeKind, ReplyTo
from bot.domain.outbox import RecordChange
from bot.domain.people import AuditEntry
from bot.domain.record_states import RecordState, advance, new_record_state
from bot.domain.records import ConnectionStatus, DisconnectionStatus
from bot.domain.requests import RetryRequest
from bot.errors import TableUnavailable
from bot.slack.api.client import SlackApiClient, SlackMessageGateway
from bot.slack.app import build_app
from bot.slack.context import NOBODY, Actor, RequestContext
from bot.slack.endpoint import Deadline, SlackEndpoint
from bot.slack.views.message import display_settings
from infra.local import environment as local
from infra.local.gallery.samples import a_connection, a_disconnection
from tests.static_secret import StaticSecret
from tests.system import ANA, BEN, CONNECTIONS, System

Json = dict[str, Any]
FORM = "application/x-www-form-urlencoded"
TABLE_DOWN = TableUnavailable("Switchboard's table is not answering right now. Please try again in a minute.")


def signature(body: bytes, at: str, secret: str = local.SIGNING_SECRET) -> str:
    return "v0=" + hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()


def event(body: bytes, at: float, *, content_type: str = FORM, **changes: Any) -> Json:
    """The Lambda event for a request that Slack signed; `changes` override its fields."""
    stamp = str(int(at))
    headers = {
        "content-type": content_type,
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signature(body, stamp),
    }
    gateway_event = {"headers": headers, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return {**gateway_event, **changes}


def interaction_body(content: object) -> bytes:
    return urlencode({"payload": json.dumps(content)}).encode()


def command_body(text: str, **changes: str) -> bytes:
    """The body of a slash command by Ana; `changes` override its fields."""
    fields = {
        "command": "/noyo",
        "text": text,
        "user_id": ANA,
        "team_id": local.TEAM,
        "api_app_id": local.APP,
        "channel_id": CONNECTIONS,
        "trigger_id": "1.2.3",
    }
    return urlencode(fields | changes).encode()


def click_payload(action_id: str, value: object, **changes: Any) -> Json:
    """The payload of a click by Ana; `changes` override its fields, for forged clicks."""
    click: Json = {
        "type": "block_actions",
        "user": {"id": ANA, "team_id": local.TEAM},
        "team": {"id": local.TEAM},
        "api_app_id": local.APP,
        "trigger_id": "1.2.3",
        "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value}],
    }
    return click | changes


def submission_payload(callback_id: str, private_metadata: str, user: str = ANA, view: str = "V1") -> Json:
    """The payload of a form submission without input, which may be forged."""
    return {
        "type": "view_submission",
        "user": {"id": user, "team_id": local.TEAM},
        "team": {"id": local.TEAM},
        "api_app_id": local.APP,
        "trigger_id": "1.2.3",
        "view": {
            "id": view,
            "type": "modal",
            "callback_id": callback_id,
            "private_metadata": private_metadata,
            "app_installed_team_id": local.TEAM,
            "state": {"values": {}},
        },
    }


# ---------------------------------------------------------------- a system shared by the tests of a file


def new_system(**variables: str) -> Iterator[System]:
    with System(**variables) as system:
        yield system


def reset_system(system: System) -> None:
    """Close all modals, clear all faults and let rate limits expire, between two tests."""
    system.slack.workspace.view_stacks.clear()
    system.slack.workspace.ephemerals.clear()
    system.slack.faults.clear()
    system.noyo.faults.clear()
    system.bot.__dict__.pop("slack_endpoint", None)
    system.wait(120)


def store_connection(system: System, name: str, status: str = "unable_to_connect", **fields: Any) -> RecordState:
    """Write a connection to the table directly, without a poll."""
    now = int(system.clock())
    connection = a_connection(
        id=str(uuid.uuid4()),
        version=str(uuid.uuid4()),
        status=ConnectionStatus(status),
        group_name=name,
        carrier_group_id="id of " + name,
        created=now,
        modified=now,
    )
    return _store(system, None, new_record_state(replace(connection, **fields), now))


def store_disconnection_request(system: System, name: str, status: str = "needs_review", **fields: Any) -> RecordState:
    """Write a disconnection request to the table directly, without a poll."""
    now = int(system.clock())
    disconnection = a_disconnection(
        id=str(uuid.uuid4()),
        version=str(uuid.uuid4()),
        status=DisconnectionStatus(status),
        group_name=name,
        created=now,
        modified=now,
    )
    return _store(system, None, new_record_state(replace(disconnection, **fields), now))


def change_status(system: System, record_state: RecordState, status: str, **fields: Any) -> RecordState:
    """Store a new version of the record with this status."""
    now = int(system.clock()) + 1
    changes: Json = {"status": type(record_state.status)(status), "version": str(uuid.uuid4()), "modified": now}
    return _store(system, record_state, advance(record_state, replace(record_state.record, **(changes | fields)), now))


def _store(system: System, before: RecordState | None, after: RecordState) -> RecordState:
    records = system.bot.repositories.records
    records.write(RecordChange(after.entity, before, after, after.record))
    written = records.record_state(after.entity)
    assert written is not None
    return written


def store_unclear_retry(system: System, name: str) -> Operation:
    """Store a retry by Ben with an unknown outcome."""
    record_state, now, operations = (
        store_connection(system, name),
        int(system.clock()),
        system.bot.repositories.operations,
    )
    operation = Operation(
        id="V" + name,
        entity=record_state.entity,
        kind=OperationKind.RETRY_CONNECTION,
        input=RetryRequest("corrected"),
        state=OperationState.PENDING,
        actor=BEN,
        submitted_at=now,
        due=now,
        reply_to=ReplyTo(),
        shown_version="the version that Ben saw",
    )
    operations.submit(
        operation, expected=None, events=(), audit=AuditEntry(name, record_state.entity, now, BEN, "placed")
    )
    claimed = replace(operation, state=OperationState.SENDING, lease="l", lease_until=now + 60, attempts=1)
    operations.claim(operation, claimed)
    unresolved = replace(
        claimed,
        state=OperationState.NEEDS_RESOLUTION,
        lease=None,
        lease_until=None,
        outcome=Outcome(OutcomeKind.UNCLEAR),
    )
    operations.save(unresolved, lease="l")
    return system.operation(operation.id)


def post_buttons(system: System, *buttons: Json) -> str:
    """Post a message with these buttons as the bot; returns its ts."""
    client = WebClient(local.BOT_TOKEN, base_url=system.slack.url)
    blocks = [{"type": "actions", "elements": list(buttons)}]
    return str(client.chat_postMessage(channel=CONNECTIONS, text="buttons", blocks=blocks)["ts"])


def press_button(system: System, button: Json, user: str = ANA) -> Any:
    """Click this button on a new message that contains only the button."""
    return system.slack.click(user, CONNECTIONS, post_buttons(system, button), button["action_id"])


def type_command(system: System, text: str, user: str = ANA) -> Any:
    return system.slack.command(user, CONNECTIONS, "/noyo", text)


def answer_text(system: System, reply: Any) -> str:
    """The text of the response to a command."""
    assert reply.error is None
    return "\n".join(system.slack.render(message) for message in reply.messages)


def modal_text(system: System, user: str = ANA) -> str:
    view = system.slack.view_of(user)
    return system.slack.render(view) if view else ""


def view_id(system: System, user: str = ANA) -> str:
    view = system.slack.view_of(user)
    assert view is not None
    return str(view.id)


def post_signed(system: System, body: bytes, **changes: Any) -> Json:
    """Send this body to the endpoint with a valid signature; returns the response."""
    return dict(system.bot.slack_endpoint.handle(event(body, system.clock(), **changes)))


# ---------------------------------------------------------------- a receiver with replaced dependencies


class FailingPort:
    """A port whose listed methods fail; all others work."""

    def __init__(self, inner: Any, *methods: str, error: Exception = TABLE_DOWN) -> None:
        self._inner, self._methods, self._error = inner, methods, error

    def __getattr__(self, name: str) -> Any:
        if name not in self._methods:
            return getattr(self._inner, name)

        def fail(*_: object, **__: object) -> None:
            raise self._error

        return fail


def context_of(system: System, user: str | None = None) -> RequestContext:
    """The request context that `bootstrap` builds, with the workers' clients; `user` is the actor, if given."""
    bot, settings = system.bot, system.settings
    deps = bot.slack_dependencies
    display = display_settings(settings, deps.carriers)
    api = SlackApiClient(token=bot.secrets.slack_bot, api_url=settings.slack.api_url, timeout_seconds=2)
    return RequestContext(
        deps=replace(deps, secret_checks=()),
        web=SlackMessageGateway(api, display),
        display=display,
        app_id=settings.slack.app_id,
        needs_second=settings.disconnect_needs_second,
        reject_without_version=settings.reject_without_version,
        actor=Actor(user, None, "1.2.3") if user else NOBODY,
    )


def handle_requests_with(system: System, context: RequestContext) -> None:
    """Handle requests with this request context until the next test."""
    system.bot.__dict__["slack_endpoint"] = SlackEndpoint(
        signing_secrets=StaticSecret((local.SIGNING_SECRET,)),
        build=lambda: build_app(context),
        clock=system.clock,
        deadline=Deadline(system.clock),
    )


def make_submissions_fail(system: System) -> None:
    context = context_of(system)
    down = FailingPort(context.deps.operations, "submit")
    handle_requests_with(system, replace(context, deps=replace(context.deps, operations=down)))


def fields_of(view: Json) -> Mapping[str, Json]:
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}
