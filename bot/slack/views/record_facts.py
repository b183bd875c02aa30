"""Facts of a record as lines, the same on every message: names, statuses, next steps, and its buttons."""

from __future__ import annotations

from datetime import date
from functools import partial

from bot.domain.record_states import RecordState, decidable, disconnectable
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    EntityKind,
    Record,
    Status,
    UnknownValue,
)
from bot.domain.reminders import days_left
from bot.slack.views import buttons
from bot.slack.views.buttons import Action
from bot.slack.views.message import DisplaySettings
from bot.slack.views.rich_text import (
    MAX_QUOTE_LENGTH,
    Json,
    PlainText,
    RichText,
    Span,
    Timestamp,
    UntrustedText,
    UserMention,
    clean_text,
    date_text,
    labelled,
    own_group_id,
    rich_text,
)

UNNAMED_GROUP = "Unnamed group"
_WITHOUT_CARRIER_MESSAGE = frozenset(
    {ConnectionStatus.CREATED, ConnectionStatus.PROCESSING, ConnectionStatus.COMPLETED}
)


def group_name(record: Record) -> UntrustedText:
    return UntrustedText(record.group_name or UNNAMED_GROUP, unmasked=own_carrier_group_id(record))


def own_carrier_group_id(record: Record) -> str | None:
    return record.carrier_group_id if isinstance(record, Connection) else None


def spoken_name(record: Record) -> str:
    """The group's name, short and clean, for the accessibility label of a button."""
    return clean_text(record.group_name or UNNAMED_GROUP, limit=50, unmasked=own_carrier_group_id(record))


def group_and_carrier(record: Record, display: DisplaySettings) -> RichText:
    return rich_text(group_name(record), " · ", display.carrier(record.carrier_id))


def status_line(record: Record, label: str = "Status") -> RichText:
    """Noyo does not say when a status began, only when the record last changed."""
    return labelled(label, status_name(record.status), ", last changed ", Timestamp(record.modified))


def status_when_written(record: Record) -> RichText:
    """For messages that are not edited when the record changes: the label says that it is the status of then."""
    return status_line(record, "Status at the time")


def carrier_group_id_line(record: Connection) -> RichText:
    if record.carrier_group_id is None:
        return labelled("Carrier group id", "none")
    return labelled("Carrier group id", own_group_id(record.carrier_group_id))


def requester(record_state: RecordState) -> RichText:
    if record_state.requester is None:
        return labelled("Requested by", "someone outside Switchboard")
    return labelled("Requested by", UserMention(record_state.requester))


def attempts(record_state: RecordState) -> RichText:
    return rich_text(f"Attempt {record_state.attempts}")


def carrier_message(record: Record, limit: int = MAX_QUOTE_LENGTH) -> RichText:
    """The carrier's message, at the statuses that come with one."""
    if not isinstance(record, Connection) or record.status in _WITHOUT_CARRIER_MESSAGE or not record.error:
        return ()
    return (UntrustedText(record.error, limit, unmasked=record.carrier_group_id),)


def id_and_version(record: Record) -> RichText:
    return rich_text("Noyo id ", UntrustedText(record.id, 60), " · version ", version(record))


def version(record: Record) -> UntrustedText:
    """Enough characters to distinguish versions."""
    return UntrustedText(record.version[:8])


def record_button(action: Action, record: Record, *, primary: bool = False) -> Json:
    """`primary`: at most one button of a message."""
    return buttons.record_button(action, record.entity, record.version, name=spoken_name(record), primary=primary)


def claim_buttons(record_state: RecordState) -> list[Json]:
    """Everyone sees the same message, so it has the buttons for the owner and for everyone else."""
    record, owned = record_state.record, record_state.owner is not None
    button = partial(
        buttons.record_button,
        entity=record.entity,
        version=record.version,
        name=spoken_name(record),
        owner_revision=record_state.owner_revision,
    )
    return [button(Action.CLAIM, replaces_owner=owned), *([button(Action.RELEASE)] if owned else [])]


def action_buttons(
    record_state: RecordState, display: DisplaySettings, *, primary: bool = True, with_claim: bool = False
) -> list[Json]:
    """The buttons for the current state, always with Details. `with_claim` adds Claim while a decision is open."""
    record = record_state.record
    details = record_button(Action.DETAILS, record)
    if display.retryable(record_state):
        return [record_button(Action.RETRY, record, primary=primary), details]
    if disconnectable(record_state):  # Never styled: it is the rarest action on a connection that works.
        return [record_button(Action.DISCONNECT, record), details]
    if decidable(record_state):
        approve = record_button(Action.APPROVE, record, primary=primary)
        claim = claim_buttons(record_state) if with_claim else []
        return [approve, record_button(Action.REJECT, record), *claim, details]
    return [details]


_NAMES: dict[Status, str] = {
    ConnectionStatus.CREATED: "Created",
    ConnectionStatus.PROCESSING: "Processing",
    ConnectionStatus.NOYO_REVIEW: "Noyo review",
    ConnectionStatus.WAITING_ON_CARRIER: "Waiting on the carrier",
    ConnectionStatus.CARRIER_AUTHORIZATION: "Carrier authorization needed",
    ConnectionStatus.ACTION_REQUIRED: "Action required",
    ConnectionStatus.UNABLE_TO_CONNECT: "Unable to connect",
    ConnectionStatus.COMPLETED: "Completed",
    DisconnectionStatus.NEEDS_REVIEW: "Needs review",
    DisconnectionStatus.PROCESSING: "Processing",
    DisconnectionStatus.COMPLETED: "Completed",
    DisconnectionStatus.REJECTED: "Rejected",
}

_NEXT_STEPS: dict[Status, str] = {
    ConnectionStatus.CREATED: "No action needed. Noyo has received the request.",
    ConnectionStatus.PROCESSING: "No action needed. Noyo is connecting the group.",
    ConnectionStatus.NOYO_REVIEW: "No action needed. Noyo is reviewing this connection.",
    ConnectionStatus.WAITING_ON_CARRIER: "No action needed. Noyo is waiting for the carrier.",
    ConnectionStatus.CARRIER_AUTHORIZATION: (
        "Contact the carrier. It may be waiting for us to authorize this connection."
    ),
    ConnectionStatus.UNABLE_TO_CONNECT: (
        "Check the carrier group id and the group's details with the carrier, then retry with the correction."
    ),
    ConnectionStatus.COMPLETED: "No action needed. The group is connected.",
    DisconnectionStatus.NEEDS_REVIEW: (
        "Approve to disconnect the group from the carrier, or reject to keep it connected. "
        "The request waits until someone decides."
    ),
    DisconnectionStatus.PROCESSING: "No action needed. Noyo is disconnecting the group.",
    DisconnectionStatus.COMPLETED: "No action needed. The group is no longer connected.",
    DisconnectionStatus.REJECTED: "No action needed. The group stays connected.",
}

_SOURCES = {
    DisconnectionSource.CARRIER: "the carrier",
    DisconnectionSource.PLATFORM: "our platform",
    DisconnectionSource.GROUP_AUDIT_REQUEST: "a group audit",
    DisconnectionSource.GROUP_SETUP_REQUEST: "a group setup",
    DisconnectionSource.MEMBER_TRANSACTION: "a member transaction",
}


def status_name(status: Status, *, bold: bool = False) -> Span:
    """In words; an unknown status as Noyo spells it."""
    if isinstance(status, UnknownValue):
        return UntrustedText(status.value, 60)
    return PlainText(_NAMES[status], bold)


def parse_status(kind: EntityKind, value: str) -> Status:
    """The status that Noyo spells like this, for this kind of record."""
    known = DisconnectionStatus if kind is EntityKind.DISCONNECTION else ConnectionStatus
    return known(value) if value in known._value2member_map_ else UnknownValue(value)


def next_step(record: Record, display: DisplaySettings) -> RichText:
    """What to do, or that no action is needed."""
    status = record.status
    if isinstance(status, UnknownValue):
        return rich_text("Unknown status. If it stays, ask Noyo what it means.")
    if status is ConnectionStatus.ACTION_REQUIRED:
        action = "retry with it." if display.retry_at_action_required else "send it to Noyo."
        return rich_text("Find out what has to be corrected before Noyo can continue, then ", action)
    return rich_text(_NEXT_STEPS[status])


def source_name(record: Disconnection) -> Span:
    if record.source_type in _SOURCES:
        return PlainText(_SOURCES[record.source_type])
    return UntrustedText(record.source_type.value, 60)


def disconnection_facts(record: Disconnection, today: date | None = None) -> list[RichText]:
    return [status_line(record), end_date(record, today), _source_line(record)]


def end_date(record: Disconnection, today: date | None = None) -> RichText:
    """The last managed day. `today` adds the number of days left, for messages that are updated daily."""
    end = record.effective_end_date
    line = labelled("Last managed day", end_date_text(record))
    if today is None or end is None:
        return line
    return rich_text(*line, " · ", PlainText(days_left_text(days_left(end, today)), bold=True))


def days_left_text(days: int) -> str:
    if days in (-1, 0, 1):
        return {-1: "ended yesterday", 0: "ends today", 1: "ends tomorrow"}[days]
    return f"ends in {days} days" if days > 0 else f"ended {-days} days ago"


def end_date_text(record: Disconnection) -> PlainText:
    end = record.effective_end_date
    return PlainText("not set yet" if end is None else date_text(end))


def _source_line(record: Disconnection) -> RichText:
    source_id = UntrustedText(record.source_id, 80) if record.source_id else None
    reference = rich_text(" (reference: ", source_id, ")") if source_id else ()
    when = f" on {date_text(record.source_date)}" if record.source_date else ""
    return labelled("Source", source_name(record), when, *reference)
