"""The Bolt app; its registration reads as the table of contents of what people can do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError

from bot.domain.people import OTHER_WORKSPACE
from bot.domain.requests import Decision
from bot.errors import ObserveOnly, UnknownSchema
from bot.slack import commands
from bot.slack.context import Actor, RequestContext, give_feedback
from bot.slack.features import (
    away,
    claim,
    connect,
    decide,
    disconnect,
    group,
    handover,
    home,
    picking,
    resolve,
    retry,
    second_approval,
    status,
)
from bot.slack.shortcuts import SHORTCUTS, Shortcut
from bot.slack.views import connect_form, connection_options, replies
from bot.slack.views.buttons import RESOLUTIONS, SENDS, Action, ButtonValue, decode
from bot.slack.views.rich_text import Json, RichText, rich_text

logger = logging.getLogger("switchboard")

Body = dict[str, Any]
Listener = Callable[..., None]
Click = Callable[[RequestContext, ButtonValue], None]
Submission = Callable[[RequestContext, Body], Json]
Suggestion = Callable[[RequestContext, str], Json]
Choice = Callable[[RequestContext, Json, str], None]
Pick = Callable[[RequestContext, str], None]


def build_app(context: RequestContext) -> App:
    """Listeners run within the request and their answer is the acknowledgement: no lazy listeners, no call to Slack.

    Bolt gets no token: the Slack client has its own, which may be rotated while the process runs.
    """
    result = AuthorizeResult(enterprise_id=None, team_id=context.deps.policy.team_id)
    app = App(
        name="switchboard.bolt",  # Bolt sets the level of the logger of this name.
        logger=_quiet_logger(),
        authorize=lambda: result,
        request_verification_enabled=False,  # The endpoint has verified the raw bytes.
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )
    app.use(_only_our_workspace(context))
    app.use(_current_carriers(context))
    app.error(_error_handler(context))
    _register(app, context)
    return app


def _register(app: App, context: RequestContext) -> None:
    app.command(context.command)(_command(context))
    app.event("app_home_opened")(_home(context))
    for action_id, suggest in SUGGESTIONS.items():
        app.options(action_id)(_options(context, suggest))
    app.action(connect_form.GROUP)(_choice(context, connect.choose_group))
    app.action(connect_form.CARRIER)(_choice(context, connect.choose_carrier))
    app.action(connection_options.ADVANCED)(_choice(context, connect.show_advanced))
    for word in commands.PICKED:
        app.options(picking.action_id(word))(_options(context, partial(commands.suggest, word)))
        app.action(picking.action_id(word))(_pick(context, partial(commands.pick, word)))
    for callback_id, shortcut in SHORTCUTS.items():
        app.shortcut(callback_id)(_shortcut(context, shortcut))
    for callback_id, submit in SUBMISSIONS.items():
        app.view(callback_id)(_view(context, submit))
    for action, click in CLICKS.items():
        app.action(action.value)(_button(context, action, click))


SUGGESTIONS: dict[str, Suggestion] = {
    connect_form.CARRIER: connect.suggest_carriers,
    connect_form.GROUP: connect.suggest_groups,
}
"""Fields whose options are found by typing, by action id."""

SUBMISSIONS: dict[str, Submission] = {
    connect.CALLBACK: connect.FORM.submission,
    retry.CALLBACK: retry.FORM.submission,
    decide.CALLBACKS[Decision.APPROVE]: decide.APPROVE.submission,
    decide.CALLBACKS[Decision.REJECT]: decide.REJECT.submission,
    disconnect.CALLBACK: disconnect.FORM.submission,
    second_approval.CALLBACK: second_approval.FORM.submission,
    handover.CALLBACK: handover.submission,
    away.CALLBACK: away.submission,
}
"""Forms, by callback id."""

CLICKS: dict[Action, Click] = {
    Action.RETRY: retry.FORM.click,
    Action.APPROVE: decide.APPROVE.click,
    Action.REJECT: decide.REJECT.click,
    Action.DISCONNECT: disconnect.FORM.click,
    Action.ADD_CARRIER: connect.click_add_carrier,
    Action.CORRECT: connect.click_correct,
    Action.CONFIRM: second_approval.FORM.click,
    Action.WITHDRAW: second_approval.click_withdraw,
    Action.CLAIM: claim.click,
    Action.RELEASE: claim.click_release,
    Action.HAND_OVER: handover.click,
    Action.DETAILS: status.click_details,
    Action.PREVIOUS_PAGE: commands.turn_page,
    Action.NEXT_PAGE: commands.turn_page,
    Action.HOME_ALL: home.click,
    Action.HOME_MINE: home.click,
    Action.HOME_DECISIONS: home.click,
    Action.HOME_REFRESH: home.click,
    Action.HOME_PREVIOUS: home.click,
    Action.HOME_NEXT: home.click,
    Action.SHOW: commands.show,
    Action.ASK_NOYO: group.click_ask_noyo,
    **{action: partial(resolve.click, action) for action in RESOLUTIONS},
}
"""Buttons, by action id."""


def _command(context: RequestContext) -> Listener:
    def listener(ack: Any, body: Body) -> None:
        ack(**commands.answer(context.for_actor(Actor.of(body)), body.get("text", "")))

    return listener


def _home(context: RequestContext) -> Listener:
    def listener(ack: Any, body: Body) -> None:
        home.opened(context, body["event"])
        ack()

    return listener


def _shortcut(context: RequestContext, shortcut: Shortcut) -> Listener:
    def listener(ack: Any, body: Body) -> None:
        request = context.for_actor(Actor.of(body))
        if shortcut.sends and context.observes_only:
            raise ObserveOnly
        shortcut.run(request, body)
        ack()

    return listener


def _view(context: RequestContext, submit: Submission) -> Listener:
    def listener(ack: Any, body: Body) -> None:
        ack(**submit(context.for_actor(Actor.of(body)), body["view"]))

    return listener


def _button(context: RequestContext, action: Action, click: Click) -> Listener:
    def listener(ack: Any, body: Body) -> None:
        request, value = context.for_actor(Actor.of(body)), _value(body)
        if action in SENDS and context.observes_only:
            raise ObserveOnly
        click(request, value)
        if action in home.CHANGES:
            home.show_change(request)
        ack()

    return listener


def _options(context: RequestContext, suggest: Suggestion) -> Listener:
    def listener(ack: Any, body: Body) -> None:
        ack(**suggest(context.for_actor(Actor.of(body)), body.get("value", "")))

    return listener


def _choice(context: RequestContext, choose: Choice) -> Listener:
    """A choice in an open form, which the form follows."""

    def listener(ack: Any, body: Body) -> None:
        choose(context.for_actor(Actor.of(body)), body["view"], _chosen(body))
        ack()

    return listener


def _pick(context: RequestContext, pick: Pick) -> Listener:
    """A choice in an answer to a command."""

    def listener(ack: Any, body: Body) -> None:
        pick(context.for_actor(Actor.of(body)), _chosen(body))
        ack()

    return listener


def _chosen(body: Body) -> str:
    """Empty text if the choice was cleared."""
    return str((body["actions"][0].get("selected_option") or {}).get("value", ""))


def _value(body: Body) -> ButtonValue:
    try:
        return decode(body["actions"][0]["value"])
    except (LookupError, TypeError, ValueError) as error:
        raise UnknownSchema("This button cannot be read. Please use a newer message, or the command.") from error


def _only_our_workspace(context: RequestContext) -> Callable[..., Any]:
    """Refuses requests for another app or without a workspace: the signing secret belongs to one app.

    In a shared channel, people of another workspace see our messages; they are told why they can do nothing. A shortcut
    does not name the app, so there the signature alone shows that it is for this one.
    """

    def middleware(body: Body, next: Callable[[], Any]) -> Any:  # Bolt passes arguments by these names.
        team = _team(body)
        if _app(body, context.app_id) != context.app_id or not isinstance(team, str):
            return BoltResponse(status=403, body="not for this app")
        if team != context.deps.policy.team_id:
            logger.warning("refused a person of another workspace")
            return _response(context, body, rich_text(OTHER_WORKSPACE))
        return next()

    return middleware


def _current_carriers(context: RequestContext) -> Callable[..., Any]:
    """A submission has time for its own calls only. It is checked against the carriers that the process knows already,
    and only the first request of a process waits for them."""

    def middleware(body: Body, next: Callable[[], Any]) -> Any:
        context.deps.carriers.refresh(if_none=body.get("type") == "view_submission")
        return next()

    return middleware


def _app(body: Body, of_shortcuts: str) -> object:
    """The app that the request names. Only shortcuts may name none; they are for the app of the signing secret."""
    names_none = body.get("type") in ("shortcut", "message_action") and "api_app_id" not in body
    return of_shortcuts if names_none else body.get("api_app_id")


def _team(body: Body) -> object:
    """Commands name the workspace at the top; where an organization installed the app, only the user names it."""
    for source, name in ((body, "team_id"), (body.get("team"), "id"), (body.get("user"), "team_id")):
        if isinstance(source, dict) and name in source:
            return source[name]
    return None


def _error_handler(context: RequestContext) -> Callable[..., BoltResponse]:
    """Turns every error of a listener into a log entry with an id and words for the person."""

    def handler(error: Exception, body: Body) -> BoltResponse:
        error_id = context.deps.new_id()[:8]
        if not isinstance(error, ObserveOnly):  # A regular answer, not a failure.
            logger.error("listener failed", exc_info=error, extra={"error_id": error_id, "kind": body.get("type")})
        if body.get("type") == "event_callback" and not isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=503, body="")  # Slack delivers the event again.
        return _response(context, body, _words(error, body, error_id))

    return handler


def _response(context: RequestContext, body: Body, words: RichText) -> BoltResponse:
    """Shows `words` to the person alone, as this kind of interaction allows."""
    answer = replies.error_answer(body, words)
    if answer is None:  # The acknowledgement of a click cannot show anything.
        trigger_id, response_url = _text(body, "trigger_id"), _text(body, "response_url")
        if trigger_id or response_url:  # Otherwise nobody waits for an answer, such as for a closed modal.
            give_feedback(context.web, trigger_id, response_url, "That did not work", words)
    return BoltResponse(status=200, body=answer or "")


def _words(error: Exception, body: Body, error_id: str) -> RichText:
    if isinstance(error, BoltUnhandledRequestError):
        return rich_text(
            f"This was made by another version of Switchboard. {replies.NOTHING_SENT} "
            "Please use a newer message, or the command."
        )
    return replies.error_message(error, error_id, interaction=str(body.get("type", "")))


def _text(body: Body, name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) else None


def _quiet_logger() -> logging.Logger:
    """Bolt logs signatures and whole bodies at INFO and below."""
    bolt = logging.getLogger("switchboard.bolt")
    bolt.setLevel(logging.ERROR)
    return bolt
