"""Buttons, and the value each carries back to us when somebody clicks it.

A value is ids only, and everything in it is checked again: anybody who sees a message can click its buttons.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.entities import EntityKind, EntityRef
from bot.errors import UnknownSchema
from bot.slack.views.message import confirm, plain_text
from bot.slack.views.rich_text import Json

SCHEMA = 1
MAX_VALUE = 2000
_MAX_LABEL = 75


class Action(StrEnum):
    """Action ids: what a button is for, whatever message it is on."""

    RETRY = "retry"
    APPROVE = "approve"
    REJECT = "reject"
    DISCONNECT = "disconnect"
    CONFIRM = "confirm_disconnection"
    WITHDRAW = "withdraw_disconnection"
    DETAILS = "details"
    CLAIM = "claim"
    RELEASE = "release"
    ARRIVED = "resolve_arrived"
    SEND_AGAIN = "resolve_send_again"
    CLOSE = "resolve_close"


RESOLUTIONS = (Action.ARRIVED, Action.SEND_AGAIN, Action.CLOSE)


@dataclass(frozen=True, slots=True)
class ButtonValue:
    """What a button is about: a record in the version that was shown, or an operation.

    A *request* is named by its operation alone, since its subject holds what a person typed.
    """

    entity: EntityRef | None = None
    version: str | None = None
    operation_id: str | None = None

    def __post_init__(self) -> None:
        about_record = self.entity is not None and self.version is not None
        if not about_record and self.operation_id is None:
            raise ValueError("a button is about a record in a version, or about an operation")

    @property
    def record(self) -> EntityRef:
        """The record it is about; ValueError where it is about something else."""
        if self.entity is None or self.entity.kind not in (EntityKind.CONNECTION, EntityKind.DISCONNECTION):
            raise ValueError("this button is not about a record")
        return self.entity


def encode(value: ButtonValue) -> str:
    held = {
        "s": SCHEMA,
        "r": str(value.entity) if value.entity else None,
        "v": value.version,
        "o": value.operation_id,
    }
    text = json.dumps({key: one for key, one in held.items() if one is not None}, separators=(",", ":"))
    if len(text) > MAX_VALUE:
        raise ValueError("too long for a button")
    return text


def decode(text: str) -> ButtonValue:
    """The inverse; `UnknownSchema` where another version of Switchboard wrote it, ValueError where nobody of us did."""
    try:
        held = json.loads(text) if len(text) <= MAX_VALUE else None
    except RecursionError as error:
        raise ValueError("not a value of ours") from error
    if not isinstance(held, dict) or not isinstance(held.get("s"), int):
        raise ValueError("not a value of ours")
    if held["s"] != SCHEMA:
        raise UnknownSchema(
            "This button was made by another version of Switchboard. Please use a newer message."
        )
    entity = _text(held, "r")
    return ButtonValue(EntityRef.parse(entity) if entity else None, _text(held, "v"), _text(held, "o"))


def _text(held: Json, name: str) -> str | None:
    value = held.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"not a value of ours: {name} is no text")
    return value


# ---------------------------------------------------------------- the buttons themselves


def button(
    act: Action,
    label: str,
    value: ButtonValue,
    *,
    primary: bool = False,
    accessibility_label: str | None = None,
) -> Json:
    """`accessibility_label` is what a screen reader says where the label alone does not tell which of several it is."""
    made: Json = {
        "type": "button",
        "action_id": act.value,
        "text": plain_text(label),
        "value": encode(value),
    }
    if primary:
        made["style"] = "primary"
    if accessibility_label is not None:
        made["accessibility_label"] = (
            accessibility_label
            if len(accessibility_label) <= _MAX_LABEL
            else accessibility_label[: _MAX_LABEL - 1] + "…"
        )
    return made


def retry(entity: EntityRef, version: str, *, name: str, primary: bool = True) -> Json:
    return button(
        Action.RETRY,
        "Retry…",
        ButtonValue(entity, version),
        primary=primary,
        accessibility_label=f"Retry {name}",
    )


def approve(entity: EntityRef, version: str, *, name: str, primary: bool = True) -> Json:
    return button(
        Action.APPROVE,
        "Approve Disconnection…",
        ButtonValue(entity, version),
        primary=primary,
        accessibility_label=f"Approve disconnecting {name}",
    )


def reject(entity: EntityRef, version: str, *, name: str) -> Json:
    return button(
        Action.REJECT,
        "Reject, Keep Connected…",
        ButtonValue(entity, version),
        accessibility_label=f"Keep {name} connected",
    )


def claim(entity: EntityRef, version: str, *, name: str, replaces_owner: bool) -> Json:
    label = "I'm Checking Instead" if replaces_owner else "I'm Checking"
    return button(Action.CLAIM, label, ButtonValue(entity, version), accessibility_label=f"{label}: {name}")


def release(entity: EntityRef, version: str, *, name: str) -> Json:
    return button(
        Action.RELEASE,
        "Let Go",
        ButtonValue(entity, version),
        accessibility_label=f"No longer checking {name}",
    )


def disconnect(entity: EntityRef, version: str, *, name: str) -> Json:
    """Never styled: it is the rarest thing to do about a connection that works."""
    return button(
        Action.DISCONNECT,
        "Disconnect…",
        ButtonValue(entity, version),
        accessibility_label=f"Ask to disconnect {name}",
    )


def second_approval_buttons(operation_id: str, *, primary: bool = True) -> tuple[Json, ...]:
    """For what waits for a second approver. Withdrawing asks once more, since it cannot be taken back."""
    value = ButtonValue(operation_id=operation_id)
    words = "It will not be sent to Noyo, and the group stays connected. Whoever wants it has to ask anew."
    return (
        button(Action.CONFIRM, "Confirm Disconnection…", value, primary=primary),
        {
            **button(Action.WITHDRAW, "Withdraw", value),
            "confirm": confirm("Withdraw it?", words, "Withdraw"),
        },
    )


def details(entity: EntityRef, version: str, *, name: str) -> Json:
    return button(
        Action.DETAILS, "Details", ButtonValue(entity, version), accessibility_label=f"Details of {name}"
    )


def resolution_buttons(operation_id: str) -> tuple[Json, ...]:
    """For an operation whose effect nobody can tell from here; each asks once more, since none can be taken back."""
    value = ButtonValue(operation_id=operation_id)
    asked = {
        Action.ARRIVED: (
            "It arrived",
            "Noyo shows that it took effect. It will be recorded as done, and nothing will be sent.",
        ),
        Action.SEND_AGAIN: (
            "It did not: send again",
            "Noyo shows that it did not take effect. It will be sent to Noyo once more.",
        ),
        Action.CLOSE: (
            "Close",
            "Nothing will be sent, and it will be recorded that nobody could tell whether it arrived.",
        ),
    }
    yes = {Action.ARRIVED: "It arrived", Action.SEND_AGAIN: "Send again", Action.CLOSE: "Close"}
    return tuple(
        {**button(act, label, value), "confirm": confirm("Are you sure?", words, yes[act])}
        for act, (label, words) in asked.items()
    )
