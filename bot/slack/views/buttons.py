"""Buttons, and the value that Slack returns with a click.

A value contains only ids, and each is checked again: everyone who sees a message can click its buttons.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from bot.domain.operations import Operation
from bot.domain.records import EntityKind, EntityRef
from bot.errors import UnknownSchema
from bot.slack.views.message import confirm, plain_text
from bot.slack.views.rich_text import Json, truncate

T = TypeVar("T")
SCHEMA = 1
MAX_VALUE = 2000
_MAX_LABEL = 75
MAX_PAGE_TEXT = 1800
"""As JSON; a group's name of 255 characters fits."""


class Action(StrEnum):
    """Action ids: what a button does. They are stored in messages, so they must not change."""

    RETRY = "retry"
    APPROVE = "approve"
    REJECT = "reject"
    DISCONNECT = "disconnect"
    CONFIRM = "confirm_disconnection"
    WITHDRAW = "withdraw_disconnection"
    ADD_CARRIER = "add_carrier"
    DETAILS = "details"
    PREVIOUS_PAGE = "previous_page"
    NEXT_PAGE = "next_page"
    SHOW = "show"
    ASK_NOYO = "ask_noyo"
    CLAIM = "claim"
    RELEASE = "release"
    ARRIVED = "resolve_arrived"
    SEND_AGAIN = "resolve_send_again"
    CLOSE = "resolve_close"
    CORRECT = "correct_request"
    HOME_ALL = "home_all"
    HOME_MINE = "home_mine"
    HOME_DECISIONS = "home_decisions"
    HOME_REFRESH = "home_refresh"
    HOME_PREVIOUS = "home_previous"
    HOME_NEXT = "home_next"
    HAND_OVER = "hand_over"


SENDS = frozenset(
    {
        Action.RETRY,
        Action.APPROVE,
        Action.REJECT,
        Action.DISCONNECT,
        Action.ADD_CARRIER,
        Action.CONFIRM,
        Action.CORRECT,
        Action.SEND_AGAIN,
    }
)
"""Buttons that lead to something being sent to Noyo; refused while Switchboard only observes."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the answer to a command, which is made anew: `text` is what the person typed after the command.

    In the App Home, `text` is the filter.
    """

    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class ButtonValue:
    """What a button is for: a record in the version that was shown, an operation (`version`: its attempt), or a page.

    A request without a record is identified by its operation alone, since its entity reference contains typed text.
    """

    entity: EntityRef | None = None
    version: str | None = None
    operation_id: str | None = None
    owner_revision: int | None = None
    """The owner revision that was shown, for buttons that change the owner."""
    record_version: str | None = None
    """The record's version that was shown beside a question about an operation."""
    page: Page | None = None

    def __post_init__(self) -> None:
        about_record = self.entity is not None and self.version is not None
        if not about_record and self.operation_id is None and self.page is None:
            raise ValueError("a button needs a record and its version, an operation, or a page")

    @property
    def record(self) -> EntityRef:
        """The record; ValueError if the button is for something else."""
        if self.entity is None or self.entity.kind not in (EntityKind.CONNECTION, EntityKind.DISCONNECTION):
            raise ValueError("this button is not for a record")
        return self.entity


def encode(value: ButtonValue) -> str:
    fields = {
        "s": SCHEMA,
        "r": str(value.entity) if value.entity else None,
        "v": value.version,
        "o": value.operation_id,
        "w": value.owner_revision,
        "n": value.record_version,
        "t": value.page.text if value.page else None,
        "p": value.page.number if value.page else None,
    }
    given = {name: field for name, field in fields.items() if field is not None}
    text = json.dumps(given, separators=(",", ":"))
    if len(text) > MAX_VALUE:
        raise ValueError("too long for a button")
    return text


def decode(text: str) -> ButtonValue:
    """The inverse. `UnknownSchema` if another version of Switchboard wrote it, ValueError if it is not ours."""
    try:
        fields = json.loads(text) if len(text) <= MAX_VALUE else None
    except RecursionError as error:
        raise ValueError("not a button value") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("s"), int):
        raise ValueError("not a button value")
    if fields["s"] != SCHEMA:
        raise UnknownSchema("This button was made by another version of Switchboard. Please use a newer message.")
    entity, typed, number = _typed(str, fields, "r"), _typed(str, fields, "t"), _typed(int, fields, "p")
    return ButtonValue(
        EntityRef.parse(entity) if entity else None,
        _typed(str, fields, "v"),
        _typed(str, fields, "o"),
        _typed(int, fields, "w"),
        _typed(str, fields, "n"),
        Page(typed, number) if typed is not None and number is not None else None,
    )


def _typed(cls: type[T], fields: Json, name: str) -> T | None:
    value = fields.get(name)
    if value is not None and type(value) is not cls:
        raise ValueError(f"not a button value: {name} has another type")
    return value


# ---------------------------------------------------------------- the buttons


_RECORD_BUTTONS = {
    Action.RETRY: ("Retry…", "Retry {name}"),
    Action.APPROVE: ("Approve Disconnection…", "Approve disconnecting {name}"),
    Action.REJECT: ("Reject, Keep Connected…", "Keep {name} connected"),
    Action.DISCONNECT: ("Disconnect…", "Disconnect {name}"),
    Action.ADD_CARRIER: ("Add a Carrier…", "Add a carrier to {name}"),
    Action.DETAILS: ("Details", "Details of {name}"),
    Action.CLAIM: ("Claim", "Claim: {name}"),
    Action.RELEASE: ("Release", "Release {name}"),
}
"""The label, and the text for screen readers: the label alone does not say which record the button is for."""
_CLAIM_INSTEAD = ("Claim Instead", "Claim Instead: {name}")


def record_button(
    action: Action,
    entity: EntityRef,
    version: str,
    *,
    name: str,
    primary: bool = False,
    replaces_owner: bool = False,
    owner_revision: int | None = None,
) -> Json:
    """`replaces_owner` is for claiming a record that someone else has claimed.

    `owner_revision` is for claiming and releasing: a click on an earlier claim changes nothing.
    """
    label, accessibility_label = _CLAIM_INSTEAD if replaces_owner else _RECORD_BUTTONS[action]
    value = ButtonValue(entity, version, owner_revision=owner_revision)
    return {
        **_button(action, label, value, primary=primary),
        "accessibility_label": truncate(accessibility_label.format(name=name), _MAX_LABEL),
    }


def _button(action: Action, label: str, value: ButtonValue, *, primary: bool = False) -> Json:
    style = {"style": "primary"} if primary else {}
    return {"type": "button", "action_id": action.value, "text": plain_text(label), "value": encode(value), **style}


def page_buttons(page: Page, pages: int, about: ButtonValue | None = None) -> tuple[Json, ...]:
    """*Previous* and *Next*, as far as there are such pages; none if the text is too long for a button.

    `about`: the record whose details have the pages, instead of the answer to a command.
    """
    if len(json.dumps(page.text)) > MAX_PAGE_TEXT:
        return ()
    entity, version = (about.entity, about.version) if about is not None else (None, None)
    turns = [(Action.PREVIOUS_PAGE, "Previous", page.number - 1), (Action.NEXT_PAGE, "Next", page.number + 1)]
    return tuple(
        _button(action, label, ButtonValue(entity, version, page=Page(page.text, number)))
        for action, label, number in turns
        if 0 <= number < pages
    )


def home_button(action: Action, label: str, page: Page, *, spoken: str, primary: bool = False) -> Json:
    """A button of the App Home, which then shows this page: `text` is the filter. `spoken` is for screen readers."""
    return {**_button(action, label, ButtonValue(page=page), primary=primary), "accessibility_label": spoken}


def show_buttons(text: str, label: str, spoken: str = "") -> tuple[Json, ...]:
    """A button that shows the answer to this command, to the person alone; none if the text is too long for it.

    `spoken`: for screen readers, if the label does not say what is shown.
    """
    if len(json.dumps(text)) > MAX_PAGE_TEXT:
        return ()
    accessibility = {"accessibility_label": truncate(spoken, _MAX_LABEL)} if spoken else {}
    return ({**_button(Action.SHOW, label, ButtonValue(page=Page(text))), **accessibility},)


def hand_over_button(page: Page) -> Json:
    """Below the list of what is the reader's. It is about everything that they own, on whatever page."""
    return _button(Action.HAND_OVER, "Hand Over My Claims…", ButtonValue(page=page))


def ask_noyo_button(group: EntityRef, page: Page, *, name: str) -> Json:
    """For a group's view, of which this page is shown."""
    button = _button(Action.ASK_NOYO, "Ask Noyo Again", ButtonValue(group, page=page))
    return {**button, "accessibility_label": truncate(f"Ask Noyo again for the connections of {name}", _MAX_LABEL)}


def second_approval_buttons(operation_id: str, *, primary: bool = True) -> tuple[Json, ...]:
    """For an operation that waits for a second approver. Withdraw cannot be undone, so it asks for confirmation."""
    value = ButtonValue(operation_id=operation_id)
    text = "The request will not be sent to Noyo."
    return (
        _button(Action.CONFIRM, "Confirm Disconnection…", value, primary=primary),
        {**_button(Action.WITHDRAW, "Withdraw", value), "confirm": confirm("Withdraw the request?", text, "Withdraw")},
    )


def correct_button(operation_id: str) -> Json:
    """For a request that Noyo refused because of what was entered."""
    return _button(Action.CORRECT, "Correct and Send Again…", ButtonValue(operation_id=operation_id), primary=True)


RESOLUTIONS = {
    Action.ARRIVED: ("It Arrived", "It will be marked as done. Nothing will be sent."),
    Action.SEND_AGAIN: ("Send Again", "If it did not arrive, it will be sent to Noyo once more."),
    Action.CLOSE: ("Close", "It will be closed with an unknown outcome. Nothing will be sent."),
}


def resolution_buttons(operation: Operation, record_version: str | None) -> tuple[Json, ...]:
    """For an operation with an unknown effect. No answer can be undone, so each asks for confirmation.

    An answer is for the attempt and the version of the record that were shown: on an old message, it must neither send
    a later attempt once more nor overwrite what Noyo has changed since.
    """
    value = ButtonValue(operation_id=operation.id, version=str(operation.attempts), record_version=record_version)
    return tuple(
        {**_button(action, label, value), "confirm": confirm("Are you sure?", text, label)}
        for action, (label, text) in RESOLUTIONS.items()
    )
