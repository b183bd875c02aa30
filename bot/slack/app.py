"""Slack room: the Bolt app; its registration reads as the table of contents of what people can do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError

from bot.domain.decisions import Decision
from bot.domain.people import ELSEWHERE
from bot.errors import OnlyWatches, UnknownSchema
from bot.slack import (
    commands,
    confirm,
    connect,
    decide,
    disconnect,
    disconnect_form,
    replies,
    retry,
    status,
    take,
    ways_out,
)
from bot.slack.buttons import WAYS_OUT, Act, ButtonValue, decode
from bot.slack.decide_form import CALLBACKS
from bot.slack.office import Asker, Office
from bot.slack.phrases import Json, Line, line
from bot.slack.tell import tell

logger = logging.getLogger("switchboard")

Body = dict[str, Any]
Click = Callable[[Office, Asker, ButtonValue], None]
Submission = Callable[[Office, Asker, Body], Json]


def build_app(office: Office) -> App:
    """No lazy listeners, no call to Slack: the listener runs in the request and its answer is the ack.

    Bolt knows no token: what calls Slack has its own, which may be replaced while we run.
    """
    known = AuthorizeResult(enterprise_id=None, team_id=office.policy.team_id)
    app = App(
        name="switchboard.bolt",  # Bolt sets the level of the logger of this name.
        logger=_quiet(),
        authorize=lambda: known,
        request_verification_enabled=False,  # The door has verified the raw bytes.
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )
    app.use(_of_this_app(office))
    app.command(office.command)(_command(office))
    app.view(connect.CALLBACK)(_view(office, connect.submit))
    app.view(retry.CALLBACK)(_view(office, retry.submit))
    app.action(Act.RETRY.value)(_button(office, _sends(retry.click)))
    app.view(disconnect_form.CALLBACK)(_view(office, disconnect.submit))
    app.action(Act.DISCONNECT.value)(_button(office, _sends(disconnect.click)))
    app.view(confirm.CALLBACK)(_view(office, confirm.submit))
    app.action(Act.CONFIRM.value)(_button(office, _sends(confirm.click)))
    app.action(Act.WITHDRAW.value)(_button(office, confirm.click_withdraw))
    app.action(Act.DETAILS.value)(_button(office, status.click_details))
    app.action(Act.TAKE.value)(_button(office, take.click))
    app.action(Act.LET_GO.value)(_button(office, take.click_let_go))
    for decision, act in ((Decision.APPROVE, Act.APPROVE), (Decision.REJECT, Act.REJECT)):
        app.view(CALLBACKS[decision])(_view(office, _submission(decision)))
        app.action(act.value)(_button(office, _sends(_decision(decision))))
    for act in WAYS_OUT:
        way = _sends(_way(act)) if act is Act.SEND_AGAIN else _way(act)
        app.action(act.value)(_button(office, way))
    app.options("carrier_id")(_options(office))
    app.error(_speak(office))
    return app


def _command(office: Office) -> Callable[..., None]:
    def listener(ack: Any, body: Body) -> None:
        ack(**commands.dispatch(office, body))

    return listener


def _view(office: Office, submit: Submission) -> Callable[..., None]:
    def listener(ack: Any, body: Body) -> None:
        ack(**submit(office, Asker.of(body), body["view"]))

    return listener


def _button(office: Office, click: Click) -> Callable[..., None]:
    def listener(ack: Any, body: Body) -> None:
        click(office, Asker.of(body), _value(body))
        ack()

    return listener


def _value(body: Body) -> ButtonValue:
    try:
        return decode(body["actions"][0]["value"])
    except (LookupError, TypeError, ValueError) as error:
        raise UnknownSchema(
            "This button cannot be read. Please use a newer message, or the command."
        ) from error


def _way(act: Act) -> Click:
    def click(office: Office, asker: Asker, value: ButtonValue) -> None:
        ways_out.click(office, asker, act, value)

    return click


def _sends(click: Click) -> Click:
    """A deed that would be sent to Noyo: answered with words where nothing is."""

    def unless_only_watching(office: Office, asker: Asker, value: ButtonValue) -> None:
        if office.watches:
            raise OnlyWatches
        click(office, asker, value)

    return unless_only_watching


def _decision(decision: Decision) -> Click:
    def click(office: Office, asker: Asker, value: ButtonValue) -> None:
        decide.click(office, asker, decision, value)

    return click


def _submission(decision: Decision) -> Submission:
    def submit(office: Office, asker: Asker, view: Body) -> Json:
        return decide.submit(office, asker, decision, view)

    return submit


def _options(office: Office) -> Callable[..., None]:
    def listener(ack: Any, body: Body) -> None:
        ack(**connect.suggest(office, body.get("value", "")))

    return listener


def _of_this_app(office: Office) -> Callable[..., Any]:
    """The signing secret is the app's: what names another app, or no workspace, is not Slack's and learns nothing.
    In a shared channel people of another workspace see our messages, and are told why they can do nothing."""

    def middleware(body: Body, next: Callable[[], Any]) -> Any:  # Bolt gives arguments by these names.
        team = _team(body)
        if body.get("api_app_id") != office.app_id or not isinstance(team, str):
            return BoltResponse(status=403, body="not for this app")
        if team != office.policy.team_id:
            logger.warning("refused somebody of another workspace")
            return _answered(office, body, line(ELSEWHERE))
        return next()

    return middleware


def _team(body: Body) -> object:
    """A command names it flat; an app that a whole organization installed has none but the person's."""
    for held, name in ((body, "team_id"), (body.get("team"), "id"), (body.get("user"), "team_id")):
        if isinstance(held, dict) and name in held:
            return held[name]
    return None


def _speak(office: Office) -> Callable[..., BoltResponse]:
    """Every error that a listener raises ends here: in the log with an id, and with the person in words."""

    def handler(error: Exception, body: Body) -> BoltResponse:
        error_id = office.new_id()[:8]
        if not isinstance(error, OnlyWatches):  # An answer like any other.
            logger.error(
                "listener failed", exc_info=error, extra={"error_id": error_id, "kind": body.get("type")}
            )
        return _answered(office, body, _words(error, body, error_id))

    return handler


def _answered(office: Office, body: Body, words: Line) -> BoltResponse:
    """Says `words` to the person alone, in the way that this kind of interaction has for it."""
    answer = replies.failed(body, words)
    if answer is None:
        _tell(office, body, words)
    return BoltResponse(status=200, body=answer or "")


def _words(error: Exception, body: Body, error_id: str) -> Line:
    if isinstance(error, BoltUnhandledRequestError):
        return line(
            f"This was made by another version of Switchboard. {replies.NOT_DONE} "
            "Please use a newer message, or the command."
        )
    return replies.words_for(error, error_id, after=str(body.get("type", "")))


def _tell(office: Office, body: Body, words: Line) -> None:
    """A click's answer cannot show anything itself."""
    trigger_id, response_url = _text(body, "trigger_id"), _text(body, "response_url")
    if trigger_id or response_url:  # Else such as a closed window: nobody waits for an answer.
        tell(office.web, trigger_id, response_url, "That did not work", words)


def _text(body: Body, name: str) -> str | None:
    held = body.get(name)
    return held if isinstance(held, str) else None


def _quiet() -> logging.Logger:
    """Bolt logs signatures and whole bodies at INFO and below."""
    bolt = logging.getLogger("switchboard.bolt")
    bolt.setLevel(logging.ERROR)
    return bolt
