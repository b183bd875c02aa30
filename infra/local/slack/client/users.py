"""Simulates users of commands, buttons and forms: sends a signed request for each action and applies the response."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.local.slack.client import payloads
from infra.local.slack.client.bot_endpoint import Ack, BotEndpoint, Request, form, interaction
from infra.local.slack.client.fields import field_state, input_elements, problems
from infra.local.slack.client.suggestions import Suggestions
from infra.local.slack.web_api import views
from infra.local.slack.web_api.arguments import Refused
from infra.local.slack.web_api.context import ApiContext
from infra.local.slack.web_api.response_urls import apply_response
from infra.local.slack.workspace import Json, Message, NotPossible, ResponseUrl, View

TIMED_OUT = "operation_timeout"
NO_SERVICE = "http_client_error"
BAD_STATUS = "http_service_error"
BAD_COMMAND_ANSWER = "invalid_command_response"
CONNECTING = "We had some trouble connecting. Try again?"


@dataclass
class Reply:
    """What the user sees of an action. `sent` is False if the client refused it before sending."""

    status: int | None
    messages: list[Message] = field(default_factory=list)
    view: View | None = None
    error: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    sent: bool = True
    request: Request | None = None

    @property
    def text(self) -> str:
        return "\n".join(message.text for message in self.messages)


class SimulatedUsers:
    def __init__(self, context: ApiContext, bot: BotEndpoint) -> None:
        self._context, self._workspace, self._bot = context, context.workspace, bot
        self._suggestions = Suggestions(context.workspace, bot)

    def command(self, user_id: str, channel_id: str, command: str, text: str) -> Reply:
        self._join_channel(user_id, channel_id)
        with self._workspace.lock:
            response = ResponseUrl(user_id, channel_id, self._workspace.clock())
            url = self._response_url(response)
            fields = payloads.command_form(self._workspace, user_id, channel_id, command, text, url)
            start = self._now_ts()
        request = form(fields)
        ack = self._bot.post(request)
        error = _failure(ack, timed_out=TIMED_OUT)
        if error is None:
            error = self._apply_command_answer(response, ack)
        return self._reply(user_id, ack, error, start, request)

    def click(
        self, user_id: str, message: Message, action_id: str, block_id: str | None, value: Any, forced: bool
    ) -> Reply:
        self._join_channel(user_id, message.channel_id)
        with self._workspace.lock:
            block, element = payloads.find_element(message.blocks, action_id, block_id)
        offered = self._offered(user_id, message, element, value)
        with self._workspace.lock:
            action = payloads.action_of(self._workspace, block, element, value, forced, offered)
            self._save_state(message, block, element, value, offered)
            response = ResponseUrl(
                user_id,
                message.channel_id,
                self._workspace.clock(),
                message.ts,
                message.ephemeral_to is not None,
                message.thread_ts,
            )
            url = self._response_url(response)
            payload = payloads.message_click(self._workspace, user_id, message, action, url)
        return self._interact(user_id, payload)

    def click_in_view(self, user_id: str, view_id: str, action_id: str, block_id: str | None, value: Any) -> Reply:
        view = self._open_view(user_id, view_id)
        block, element = payloads.find_element(view.blocks, action_id, block_id)
        offered = self._offered(user_id, view, element, value)
        with self._workspace.lock:
            action = payloads.action_of(self._workspace, block, element, value, False, offered)
            self._save_state(view, block, element, value, offered)
            payload = payloads.view_click(self._workspace, user_id, view, action)
        return self._interact(user_id, payload)

    def shortcut(self, user_id: str, callback_id: str) -> Reply:
        self._check_active(user_id)
        with self._workspace.lock:
            payload = payloads.shortcut(self._workspace, user_id, callback_id)
        return self._interact(user_id, payload)

    def message_shortcut(self, user_id: str, message: Message, callback_id: str) -> Reply:
        """Its response URL cannot change the message, which may be anybody's; it posts new messages."""
        self._join_channel(user_id, message.channel_id)
        with self._workspace.lock:
            response = ResponseUrl(user_id, message.channel_id, self._workspace.clock())
            url = self._response_url(response)
            payload = payloads.message_shortcut(self._workspace, user_id, message, callback_id, url)
        return self._interact(user_id, payload)

    def suggest(self, user_id: str, view_id: str, action_id: str, query: str) -> list[Json]:
        return self._suggestions.fetch(user_id, self._open_view(user_id, view_id), action_id, query)

    def suggest_in_message(self, user_id: str, message: Message, action_id: str, query: str) -> list[Json]:
        self._join_channel(user_id, message.channel_id)
        return self._suggestions.fetch(user_id, message, action_id, query)

    def fill(self, user_id: str, view_id: str, values: Mapping[str, Any]) -> View:
        """Enters values into fields, which are named by action_id or block_id."""
        view = self._open_view(user_id, view_id)
        for name, wanted in values.items():
            block, element = _field(view, name)
            offered = self._offered(user_id, view, element, wanted)
            with self._workspace.lock:
                state = field_state(element, wanted, offered)
                view.values[block["block_id"]][element["action_id"]] = state
                view.unreported.discard((block["block_id"], element["action_id"]))
        return view

    def submit(self, user_id: str, view_id: str, values: Mapping[str, Any]) -> Reply:
        view = self.fill(user_id, view_id, values)
        if view is not self._workspace.view_stacks[user_id][-1]:
            raise NotPossible("only the view on top can be submitted")
        if view.submit_button is None:
            raise NotPossible("this view has no submit button")
        with self._workspace.lock:
            start = self._now_ts()
            view.errors = problems(view.blocks, view.values)
            payload = payloads.submission(self._workspace, user_id, view)
        if view.errors:
            return Reply(None, view=copy.deepcopy(view), errors=dict(view.errors), sent=False)
        request = interaction(payload)
        ack = self._bot.post(request)
        error = _failure(ack, timed_out=CONNECTING, other=CONNECTING)
        if error is None:
            error = self._apply_submission_answer(user_id, view, ack)
        reply = self._reply(user_id, ack, error, start, request)
        reply.errors = dict(view.errors)
        return reply

    def close(self, user_id: str, view_id: str) -> Reply:
        """Closes the top view, or all if it says `clear_on_close`."""
        view = self._open_view(user_id, view_id)
        stack = self._workspace.view_stacks[user_id]
        if view is not stack[-1]:
            raise NotPossible("only the view on top can be closed")
        with self._workspace.lock:
            payload = payloads.closing(self._workspace, user_id, view, view.clear_on_close)
            stack[:] = [] if view.clear_on_close else stack[:-1]
        if view.notify_on_close:
            return self._interact(user_id, payload)
        return Reply(None, view=stack[-1] if stack else None, sent=False)

    def resend(self, user_id: str, request: Request) -> Reply:
        """Sends the same body again with a new signature, as a replay does."""
        start = self._now_ts()
        ack = self._bot.post(request)
        return self._reply(user_id, ack, _failure(ack, TIMED_OUT), start, request)

    def _interact(self, user_id: str, payload: Json) -> Reply:
        """Slack ignores the body of the response to an interaction."""
        start = self._now_ts()
        request = interaction(payload)
        ack = self._bot.post(request)
        return self._reply(user_id, ack, _failure(ack, TIMED_OUT), start, request)

    def _now_ts(self) -> str:
        return self._workspace.new_ts()

    def _reply(self, user_id: str, ack: Ack, error: str | None, start: str, request: Request) -> Reply:
        with self._workspace.lock:
            new = [
                message
                for message in self._workspace.ephemerals
                if message.ephemeral_to == user_id and message.ts > start
            ]
            stack = self._workspace.view_stacks.get(user_id)
            view = stack[-1] if stack else None
            return Reply(ack.status, copy.deepcopy(new), copy.deepcopy(view), error, request=request)

    def _response_url(self, response: ResponseUrl) -> str:
        return self._context.base_url + self._workspace.new_response_url(response)

    def _check_active(self, user_id: str) -> None:
        user = self._workspace.users.get(user_id)
        if user is None or user.deleted:
            raise NotPossible(f"{user_id} is not an active user")

    def _join_channel(self, user_id: str, channel_id: str) -> None:
        self._check_active(user_id)
        channel = self._workspace.channels.get(channel_id)
        if channel is None:
            raise NotPossible(f"there is no {channel_id}")
        closed = channel.private or channel.is_im
        if closed and user_id not in channel.members:
            raise NotPossible(f"{user_id} cannot see {channel_id}")
        channel.members.add(user_id)  # a user who acts in a public channel has joined it

    def _open_view(self, user_id: str, view_id: str) -> View:
        view = self._workspace.view_by_id(view_id)
        if view is None or view.user_id != user_id:
            raise NotPossible(f"view {view_id} is not open for {user_id}")
        return view

    def _offered(self, user_id: str, holder: Message | View, element: Json, wanted: Any) -> list[Json] | None:
        """The options that the bot suggests for an external select; None for other elements.

        What is selected stays selected, whatever the bot suggests by now.
        """
        if not element["type"].endswith("external_select") or not wanted:
            return None
        states = [fields[element["action_id"]] for fields in holder.values.values() if element["action_id"] in fields]
        selected = [state["selected_option"] for state in states if state.get("selected_option")]
        if wanted in [option["value"] for option in selected]:
            return selected
        return self._suggestions.offered(user_id, holder, element["action_id"], wanted)

    def _save_state(
        self, holder: Message | View, block: Json, element: Json, value: Any, offered: list[Json] | None = None
    ) -> None:
        if any(element is field for _, field in input_elements(holder.blocks)):
            states = holder.values.setdefault(block["block_id"], {})
            states[element["action_id"]] = field_state(element, value, offered)
            if isinstance(holder, View):
                holder.unreported.discard((block["block_id"], element["action_id"]))

    def _apply_command_answer(self, response: ResponseUrl, ack: Ack) -> str | None:
        if not ack.body.strip():
            return None
        payload = ack.json()
        if payload is None:
            if ack.content_type.startswith("application/json"):
                return BAD_COMMAND_ANSWER
            payload = {"text": ack.body.decode(errors="replace")}
        with self._workspace.lock:
            try:
                apply_response(self._context, response, payload)
            except Refused:
                return BAD_COMMAND_ANSWER
        return None

    def _apply_submission_answer(self, user_id: str, view: View, ack: Ack) -> str | None:
        with self._workspace.lock:
            stack = self._workspace.view_stacks[user_id]
            if not ack.body.strip():
                stack[:] = [known for known in stack if known is not view]
                return None
            try:
                _apply_response_action(self._context, stack, view, ack.json() or {})
            except Refused:
                return CONNECTING
        return None


def _apply_response_action(context: ApiContext, stack: list[View], view: View, answer: Json) -> None:
    """Applies the `response_action` of the response to a submission."""
    action = answer.get("response_action")
    if action == "clear":
        stack.clear()
    elif action == "errors":
        view.errors = _field_errors(view, answer.get("errors"))
    elif action == "update":
        views.replace(context, view, views.checked(answer.get("view"), "modal"))
    elif action == "push":
        views.push(context, view.user_id, views.checked(answer.get("view"), "modal"))
    else:
        raise Refused("invalid_response_action")


def _field_errors(view: View, errors: Any) -> dict[str, str]:
    inputs = {b["block_id"] for b in view.blocks if b["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
        raise Refused("errors_for_no_input_block")
    if not all(isinstance(text, str) and text for text in errors.values()):
        raise Refused("errors_without_text")
    return dict(errors)


def _field(view: View, name: str) -> tuple[Json, Json]:
    found = [
        (block, element)
        for block, element in input_elements(view.blocks)
        if name in (element["action_id"], block["block_id"])
    ]
    if len(found) != 1:
        raise NotPossible(f"{len(found)} fields have the id {name!r}")
    return found[0]


def _failure(ack: Ack, timed_out: str, other: str | None = None) -> str | None:
    if ack.late:
        return timed_out
    if ack.status is None:
        return other or NO_SERVICE
    return None if ack.status == 200 else other or BAD_STATUS
