"""The Bolt app; its registration reads as the table of contents of what people can do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError

from bot.domain.decisions import Decision
from bot.domain.people import OTHER_WORKSPACE
from bot.errors import ObserveOnly, UnknownSchema
from bot.slack import commands
from bot.slack.context import Actor, RequestContext
from bot.slack.features import (
    claim,
    connect,
    decide,
    disconnect,
    disconnect_form,
    resolve,
    retry,
    second_approval,
    status,
)
from bot.slack.features.decide_form import CALLBACKS
from bot.slack.feedback import give_feedback
from bot.slack.views import replies
from bot.slack.views.buttons import RESOLUTIONS, Action, ButtonValue, decode
from bot.slack.views.rich_text import Json, RichText, rich_text

logger = logging.getLogger("switchboard")

Body = dict[str, Any]
Click = Callable[[RequestContext, Actor, ButtonValue], None]
Submission = Callable[[RequestContext, Actor, Body], Json]


def build_app(context: RequestContext) -> App:
    """No lazy listeners, no call to Slack: the listener runs in the request and its answer is the ack.

    Bolt knows no token: what calls Slack has its own, which may be replaced while we run.
    """
    known = AuthorizeResult(enterprise_id=None, team_id=context.deps.policy.team_id)
    app = App(
        name="switchboard.bolt",  # Bolt sets the level of the logger of this name.
        logger=_quiet(),
        authorize=lambda: known,
        request_verification_enabled=False,  # The door has verified the raw bytes.
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )
    app.use(_of_this_app(context))
    app.command(context.command)(_command(context))
    app.view(connect.CALLBACK)(_view(context, connect.submit))
    app.view(retry.CALLBACK)(_view(context, retry.submit))
    app.action(Action.RETRY.value)(_button(context, _sends(retry.click)))
    app.view(disconnect_form.CALLBACK)(_view(context, disconnect.submit))
    app.action(Action.DISCONNECT.value)(_button(context, _sends(disconnect.click)))
    app.view(second_approval.CALLBACK)(_view(context, second_approval.submit))
    app.action(Action.CONFIRM.value)(_button(context, _sends(second_approval.click)))
    app.action(Action.WITHDRAW.value)(_button(context, second_approval.click_withdraw))
    app.action(Action.DETAILS.value)(_button(context, status.click_details))
    app.action(Action.CLAIM.value)(_button(context, claim.click))
    app.action(Action.RELEASE.value)(_button(context, claim.click_release))
    for decision, act in ((Decision.APPROVE, Action.APPROVE), (Decision.REJECT, Action.REJECT)):
        app.view(CALLBACKS[decision])(_view(context, _submission(decision)))
        app.action(act.value)(_button(context, _sends(_decision(decision))))
    for act in RESOLUTIONS:
        way = _sends(_way(act)) if act is Action.SEND_AGAIN else _way(act)
        app.action(act.value)(_button(context, way))
    app.options("carrier_id")(_options(context))
    app.error(_speak(context))
    return app


def _command(context: RequestContext) -> Callable[..., None]:
    def listener(ack: Any, body: Body) -> None:
        ack(**commands.dispatch(context, body))

    return listener


def _view(context: RequestContext, submit: Submission) -> Callable[..., None]:
    def listener(ack: Any, body: Body) -> None:
        ack(**submit(context, Actor.of(body), body["view"]))

    return listener


def _button(context: RequestContext, click: Click) -> Callable[..., None]:
    def listener(ack: Any, body: Body) -> None:
        click(context, Actor.of(body), _value(body))
        ack()

    return listener


def _value(body: Body) -> ButtonValue:
    try:
        return decode(body["actions"][0]["value"])
    except (LookupError, TypeError, ValueError) as error:
        raise UnknownSchema(
            "This button cannot be read. Please use a newer message, or the command."
        ) from error


def _way(act: Action) -> Click:
    def click(context: RequestContext, actor: Actor, value: ButtonValue) -> None:
        resolve.click(context, actor, act, value)

    return click


def _sends(click: Click) -> Click:
    """A deed that would be sent to Noyo: answered with words where nothing is."""

    def unless_only_watching(context: RequestContext, actor: Actor, value: ButtonValue) -> None:
        if context.observes_only:
            raise ObserveOnly
        click(context, actor, value)

    return unless_only_watching


def _decision(decision: Decision) -> Click:
    def click(context: RequestContext, actor: Actor, value: ButtonValue) -> None:
        decide.click(context, actor, decision, value)

    return click


def _submission(decision: Decision) -> Submission:
    def submit(context: RequestContext, actor: Actor, view: Body) -> Json:
        return decide.submit(context, actor, decision, view)

    return submit


def _options(context: RequestContext) -> Callable[..., None]:
    def listener(ack: Any, body: Body) -> None:
        ack(**connect.suggest(context, body.get("value", "")))

    return listener


def _of_this_app(context: RequestContext) -> Callable[..., Any]:
    """The signing secret is the app's: what names another app, or no workspace, is not Slack's and learns nothing.
    In a shared channel people of another workspace see our messages, and are told why they can do nothing."""

    def middleware(body: Body, next: Callable[[], Any]) -> Any:  # Bolt gives arguments by these names.
        team = _team(body)
        if body.get("api_app_id") != context.app_id or not isinstance(team, str):
            return BoltResponse(status=403, body="not for this app")
        if team != context.deps.policy.team_id:
            logger.warning("refused somebody of another workspace")
            return _answered(context, body, rich_text(OTHER_WORKSPACE))
        return next()

    return middleware


def _team(body: Body) -> object:
    """A command names it flat; an app that a whole organization installed has none but the person's."""
    for held, name in ((body, "team_id"), (body.get("team"), "id"), (body.get("user"), "team_id")):
        if isinstance(held, dict) and name in held:
            return held[name]
    return None


def _speak(context: RequestContext) -> Callable[..., BoltResponse]:
    """Every error that a listener raises ends here: in the log with an id, and with the person in words."""

    def handler(error: Exception, body: Body) -> BoltResponse:
        error_id = context.deps.new_id()[:8]
        if not isinstance(error, ObserveOnly):  # An answer like any other.
            logger.error(
                "listener failed", exc_info=error, extra={"error_id": error_id, "kind": body.get("type")}
            )
        return _answered(context, body, _words(error, body, error_id))

    return handler


def _answered(context: RequestContext, body: Body, words: RichText) -> BoltResponse:
    """Says `words` to the person alone, in the way that this kind of interaction has for it."""
    answer = replies.error_answer(body, words)
    if answer is None:
        _tell(context, body, words)
    return BoltResponse(status=200, body=answer or "")


def _words(error: Exception, body: Body, error_id: str) -> RichText:
    if isinstance(error, BoltUnhandledRequestError):
        return rich_text(
            f"This was made by another version of Switchboard. {replies.NOTHING_SENT} "
            "Please use a newer message, or the command."
        )
    return replies.error_message(error, error_id, interaction=str(body.get("type", "")))


def _tell(context: RequestContext, body: Body, words: RichText) -> None:
    """A click's answer cannot show anything itself."""
    trigger_id, response_url = _text(body, "trigger_id"), _text(body, "response_url")
    if trigger_id or response_url:  # Else such as a closed window: nobody waits for an answer.
        give_feedback(context.web, trigger_id, response_url, "That did not work", words)


def _text(body: Body, name: str) -> str | None:
    held = body.get(name)
    return held if isinstance(held, str) else None


def _quiet() -> logging.Logger:
    """Bolt logs signatures and whole bodies at INFO and below."""
    bolt = logging.getLogger("switchboard.bolt")
    bolt.setLevel(logging.ERROR)
    return bolt
