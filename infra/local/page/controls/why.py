"""Why a message exists: the event that caused it, its rule, and the setting that decides where it is."""

from __future__ import annotations

from dataclasses import dataclass

from bot import policies
from bot.dynamodb.expressions import Item, plain_item
from infra.local.slack.workspace import Json
from infra.local.stack import LocalStack

_ALERTS = "CHANNEL_ALERTS (connections) and CHANNEL_DECISIONS (disconnection requests)"


@dataclass(frozen=True, slots=True)
class Reason:
    event: str
    rule: str
    setting: str


REASONS = {
    "connection": Reason(
        "Noyo reported a connection that was not requested through Slack.",
        "Each connection has one card. It is edited whenever the connection or something about it changes.",
        "CHANNEL_CONNECTIONS",
    ),
    "disconnection": Reason(
        "Noyo reported a request to disconnect a group.",
        "Each disconnection request has one card. It is edited whenever the request changes, and once a day while it "
        "waits, because it counts days.",
        "CHANNEL_DECISIONS",
    ),
    "operation": Reason(
        "Somebody asked for this in Slack.",
        "The card of a request is posted when the request is submitted, and becomes the record's card once Noyo has "
        "given the record an id.",
        "CHANNEL_CONNECTIONS, or CHANNEL_DECISIONS for a disconnection",
    ),
    "line": Reason(
        "Something changed: {event}",
        "Each change is one line in the thread of its card. Lines keep the order of the changes and are never edited.",
        "none: a line is where its card is",
    ),
    "alert": Reason(
        "The record reached a status in which the team must act.",
        "An alert is posted for each such change, and is kept current until the record is closed.",
        _ALERTS,
    ),
    "reminder": Reason(
        "The request still waits for a decision, and its last managed day comes closer.",
        f"Reminders are sent {', '.join(map(str, policies.REMINDER_DAYS_BEFORE_END))} business days before the last "
        "managed day, and on the business day after it. The last ones mention the approvers.",
        f"{_ALERTS}; APPROVERS says who is mentioned",
    ),
    "resolution": Reason(
        "A request was sent, and Noyo does not show whether it took effect.",
        "A person must say whether it arrived. It is never sent again without that.",
        "CHANNEL_ALERTS; CHECK_AFTER_SECONDS says how long Noyo is searched first",
    ),
    "direct": Reason(
        "A request by this person has a result, and the form in which it was asked can no longer show it.",
        "The result is sent as a direct message.",
        "none: it is for the person who asked",
    ),
    "summary": Reason(
        "The first poll of everything at Noyo was complete.",
        "The bot reports once how much is open. What existed before raises no alert of its own.",
        "CHANNEL_ALERTS",
    ),
    "not_moving": Reason(
        "Open records of this carrier have not changed for longer than their status should take, or still disconnect "
        "after their last managed day.",
        "Each business day, from nine o'clock, there is one message for each carrier; it is never edited.",
        "CHANNEL_ALERTS; NOT_MOVING_DAYS says after how many business days, BUSINESS_CALENDAR which days are holidays",
    ),
    "morning": Reason(
        "Something needs the team, or does not move, on the morning of a business day.",
        "There is one message each day, to the channel and to each person whose turn it is; it is never edited.",
        "CHANNEL_ALERTS; SUMMARY_HOUR says from which hour, BUSINESS_CALENDAR which days are holidays",
    ),
    "pause": Reason(
        "Sending to Noyo was paused.",
        "Each pause has one message, which is edited when the pause ends.",
        "CHANNEL_ALERTS; ADMINS says who may pause",
    ),
}
"""By the first part of a message's name in the table."""
_ANSWER = Reason(
    "You typed a command or used a button.", "Answers to one person are shown to that person only.", "none"
)


def why(stack: LocalStack, channel: str, ts: str, *, ephemeral: bool) -> Json:
    """Raises LookupError if the bot has not stored the message; it stores it right after it has posted it."""
    if ephemeral:
        return _shown(_ANSWER)
    for item in map(plain_item, stack.items("MESSAGE#")):
        if item.get("ts") == ts and channel in (item.get("posted_channel"), item["pk"].partition("#")[2]):
            kind, _, name = item["sk"].partition(":")
            return _shown(REASONS[kind], _event(stack, name) if kind == "line" else "")
    raise LookupError(ts)


def _event(stack: LocalStack, event_id: str) -> str:
    events: list[Item] = [plain_item(item) for item in stack.items(f"OUTBOX#{event_id}")]
    if not events:
        return "the event is no longer in the table"
    event = events[0]
    words = [event["kind"].replace("_", " "), event.get("operation_state", "").replace("_", " ")]
    statuses = [event[name] for name in ("before", "after") if event.get(name)]
    return ", ".join([*filter(None, words), *([" → ".join(statuses)] if statuses else [])])


def _shown(reason: Reason, event: str = "") -> Json:
    rows = (("Event", reason.event.format(event=event)), ("Rule", reason.rule), ("Setting", reason.setting))
    return {"rows": [{"term": term, "text": text} for term, text in rows]}
