"""Slack room: buttons, and the value each carries back to us when somebody clicks it.

A value is ids only, and everything in it is checked again: anybody who sees a message can click its buttons.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.subjects import Kind, Subject
from bot.errors import UnknownSchema
from bot.slack.blocks import confirm, plain_text
from bot.slack.phrases import Json

SCHEMA = 1
LONGEST_VALUE = 2000
_LABEL = 75


class Act(StrEnum):
    """Action ids: what a button is for, whatever message it is on."""

    RETRY = "retry"
    APPROVE = "approve"
    REJECT = "reject"
    DISCONNECT = "disconnect"
    CONFIRM = "confirm_disconnection"
    WITHDRAW = "withdraw_disconnection"
    DETAILS = "details"
    TAKE = "take"
    LET_GO = "let_go"
    ARRIVED = "way_arrived"
    SEND_AGAIN = "way_send_again"
    CLOSE = "way_close"


WAYS_OUT = (Act.ARRIVED, Act.SEND_AGAIN, Act.CLOSE)


@dataclass(frozen=True, slots=True)
class ButtonValue:
    """What a button is about: a record in the version that was shown, or an operation.

    A *request* is named by its operation alone, since its subject holds what a person typed.
    """

    subject: Subject | None = None
    version: str | None = None
    operation_id: str | None = None

    def __post_init__(self) -> None:
        about_record = self.subject is not None and self.version is not None
        if not about_record and self.operation_id is None:
            raise ValueError("a button is about a record in a version, or about an operation")

    @property
    def record(self) -> Subject:
        """The record it is about; ValueError where it is about something else."""
        if self.subject is None or self.subject.kind not in (Kind.CONNECTION, Kind.DISCONNECTION):
            raise ValueError("this button is not about a record")
        return self.subject


def encode(value: ButtonValue) -> str:
    held = {
        "s": SCHEMA,
        "r": str(value.subject) if value.subject else None,
        "v": value.version,
        "o": value.operation_id,
    }
    text = json.dumps({key: one for key, one in held.items() if one is not None}, separators=(",", ":"))
    if len(text) > LONGEST_VALUE:
        raise ValueError("too long for a button")
    return text


def decode(text: str) -> ButtonValue:
    """The inverse; `UnknownSchema` where another version of Switchboard wrote it, ValueError where nobody of us did."""
    try:
        held = json.loads(text) if len(text) <= LONGEST_VALUE else None
    except RecursionError as error:
        raise ValueError("not a value of ours") from error
    if not isinstance(held, dict) or not isinstance(held.get("s"), int):
        raise ValueError("not a value of ours")
    if held["s"] != SCHEMA:
        raise UnknownSchema(
            "This button was made by another version of Switchboard. Please use a newer message."
        )
    subject = _text(held, "r")
    return ButtonValue(Subject.parse(subject) if subject else None, _text(held, "v"), _text(held, "o"))


def _text(held: Json, name: str) -> str | None:
    value = held.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"not a value of ours: {name} is no text")
    return value


# ---------------------------------------------------------------- the buttons themselves


def button(
    act: Act, label: str, value: ButtonValue, *, primary: bool = False, aloud: str | None = None
) -> Json:
    """`aloud` is what a screen reader says where the label alone does not tell which of several it is."""
    made: Json = {
        "type": "button",
        "action_id": act.value,
        "text": plain_text(label),
        "value": encode(value),
    }
    if primary:
        made["style"] = "primary"
    if aloud is not None:
        made["accessibility_label"] = aloud if len(aloud) <= _LABEL else aloud[: _LABEL - 1] + "…"
    return made


def retry(subject: Subject, version: str, *, name: str, primary: bool = True) -> Json:
    return button(Act.RETRY, "Retry…", ButtonValue(subject, version), primary=primary, aloud=f"Retry {name}")


def approve(subject: Subject, version: str, *, name: str, primary: bool = True) -> Json:
    return button(
        Act.APPROVE,
        "Approve Disconnection…",
        ButtonValue(subject, version),
        primary=primary,
        aloud=f"Approve disconnecting {name}",
    )


def reject(subject: Subject, version: str, *, name: str) -> Json:
    return button(
        Act.REJECT, "Reject, Keep Connected…", ButtonValue(subject, version), aloud=f"Keep {name} connected"
    )


def take(subject: Subject, version: str, *, name: str, instead: bool) -> Json:
    label = "I'm Checking Instead" if instead else "I'm Checking"
    return button(Act.TAKE, label, ButtonValue(subject, version), aloud=f"{label}: {name}")


def let_go(subject: Subject, version: str, *, name: str) -> Json:
    return button(Act.LET_GO, "Let Go", ButtonValue(subject, version), aloud=f"No longer checking {name}")


def disconnect(subject: Subject, version: str, *, name: str) -> Json:
    """Never styled: it is the rarest thing to do about a connection that works."""
    return button(
        Act.DISCONNECT, "Disconnect…", ButtonValue(subject, version), aloud=f"Ask to disconnect {name}"
    )


def held(operation_id: str, *, primary: bool = True) -> tuple[Json, ...]:
    """For what waits for a second approver. Withdrawing asks once more, since it cannot be taken back."""
    value = ButtonValue(operation_id=operation_id)
    words = "It will not be sent to Noyo, and the group stays connected. Whoever wants it has to ask anew."
    return (
        button(Act.CONFIRM, "Confirm Disconnection…", value, primary=primary),
        {
            **button(Act.WITHDRAW, "Withdraw", value),
            "confirm": confirm("Withdraw it?", words, "Withdraw"),
        },
    )


def details(subject: Subject, version: str, *, name: str) -> Json:
    return button(Act.DETAILS, "Details", ButtonValue(subject, version), aloud=f"Details of {name}")


def ways_out(operation_id: str) -> tuple[Json, ...]:
    """For an operation whose effect nobody can tell from here; each asks once more, since none can be taken back."""
    value = ButtonValue(operation_id=operation_id)
    asked = {
        Act.ARRIVED: (
            "It arrived",
            "Noyo shows that it took effect. It will be recorded as done, and nothing will be sent.",
        ),
        Act.SEND_AGAIN: (
            "It did not: send again",
            "Noyo shows that it did not take effect. It will be sent to Noyo once more.",
        ),
        Act.CLOSE: (
            "Close",
            "Nothing will be sent, and it will be recorded that nobody could tell whether it arrived.",
        ),
    }
    yes = {Act.ARRIVED: "It arrived", Act.SEND_AGAIN: "Send again", Act.CLOSE: "Close"}
    return tuple(
        {**button(act, label, value), "confirm": confirm("Are you sure?", words, yes[act])}
        for act, (label, words) in asked.items()
    )
