"""People type, click and submit: what the bot's own features answer, as an entry of the gallery."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from slack_bolt import BoltRequest

from bot.errors import UnknownSchema
from bot.slack import commands
from bot.slack.app import CLICKS, SUBMISSIONS, Choice, build_app
from bot.slack.features.connect import choose_group
from bot.slack.shortcuts import SHORTCUTS
from bot.slack.views.buttons import Action, ButtonValue
from bot.slack.views.modals import notice
from bot.slack.views.replies import error_message, push_modal
from bot.slack.views.rich_text import Json
from infra.local.environment import APP, TEAM
from infra.local.gallery.entries import Entry, Ephemeral, Modal
from infra.local.gallery.ports import Memory, OpenedViews, context_of

VIEW_ID = "V0FORM"


def typed(title: str, text: str, *, page: int | None = None, **stored: Any) -> Entry:
    """Somebody types the command with this text, and turns to a page. `stored` are the fields of `Memory`."""
    opened = OpenedViews()
    answer = commands.answer(context_of(Memory(**stored), opened), text, page)
    return _shown(title, opened, answer)


def clicked(title: str, action: Action, value: ButtonValue, *, in_modal: bool = True, **stored: Any) -> Entry:
    """Somebody clicks this button; without `in_modal`, the answer cannot be a modal."""
    opened = OpenedViews()
    CLICKS[action](context_of(Memory(**stored), opened, trigger_id="trigger" if in_modal else ""), value)
    return _shown(title, opened, {})


def used(title: str, callback_id: str, message: Json | None = None, **stored: Any) -> Entry:
    """Somebody uses this shortcut, or uses it on this message."""
    opened = OpenedViews()
    SHORTCUTS[callback_id].run(context_of(Memory(**stored), opened), {"message": message})
    return _shown(title, opened, {})


def submitted(title: str, form: Entry, values: Mapping[str, str], **stored: Any) -> Entry:
    """Somebody enters `values` (by action id) in this form and submits it. Field errors are shown in the form."""
    if not isinstance(form, Modal):
        raise TypeError(f"{form.title} is no form")
    state = {"values": {"fields": {name: {"value": value} for name, value in values.items()}}}
    view = {"id": VIEW_ID, "private_metadata": form.view.get("private_metadata", ""), "state": state}
    try:
        answer = SUBMISSIONS[form.view["callback_id"]](context_of(Memory(**stored), OpenedViews()), view)
    except UnknownSchema as error:
        words = error_message(error, "1f6c2e90", interaction="view_submission")
        answer = push_modal(notice("Something went wrong", words))
    if answer["response_action"] == "errors":
        return Modal(title, form.view, values, answer["errors"])
    return Modal(title, answer["view"], depth=2 if answer["response_action"] == "push" else 1)


def chosen(title: str, form: Entry, value: str, *, choose: Choice = choose_group, **stored: Any) -> Entry:
    """Somebody chooses a group, or something else, in the form of a connection request."""
    if not isinstance(form, Modal):
        raise TypeError(f"{form.title} is no form")
    opened = OpenedViews()
    choose(context_of(Memory(**stored), opened), {**form.view, "id": VIEW_ID, "hash": "shown"}, value)
    return _shown(title, opened, {})


def sent(title: str, action: str, value: str, *, team: str = TEAM) -> Entry:
    """Slack sends a click on a button that the bot may not know, by a person of this workspace."""
    payload = {
        "type": "block_actions",
        "user": {"id": "UANA", "team_id": team},
        "team": {"id": team},
        "api_app_id": APP,
        "trigger_id": "trigger",
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
    }
    headers: dict[str, str | Sequence[str]] = {"content-type": "application/x-www-form-urlencoded"}
    opened = OpenedViews()
    with _without_log_entries():
        app = build_app(context_of(Memory(), opened))
        app.dispatch(BoltRequest(body=urlencode({"payload": json.dumps(payload)}), headers=headers))
    return _shown(title, opened, {})


@contextmanager
def _without_log_entries() -> Iterator[None]:
    """This thread's failures are samples, so they must not appear in the log of the demo."""
    logger, own = logging.getLogger("switchboard"), threading.get_ident()

    def is_of_others(record: logging.LogRecord) -> bool:
        return record.thread != own

    logger.addFilter(is_of_others)
    try:
        yield
    finally:
        logger.removeFilter(is_of_others)


def _shown(title: str, opened: OpenedViews, answer: Json) -> Entry:
    if opened.views:
        return Modal(title, opened.views[-1])
    return Ephemeral(title, opened.answers[-1] if opened.answers else answer)
