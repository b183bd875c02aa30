"""Facts of a record as lines, the same on every message: names, statuses, next steps, and its buttons."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial

from bot.domain.record_states import RecordState, decidable, disconnectable, ends_connection, may_end_connection
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    EntityKind,
    FieldChange,
    LocalStatus,
    Record,
    RecordField,
    Status,
    UnknownValue,
    is_deleted,
    needs_our_action,
)
from bot.domain.reminders import days_left, end_date_of
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
_FROM_THE_CARRIER = frozenset(
    {ConnectionStatus.WAITING_ON_CARRIER, ConnectionStatus.CARRIER_AUTHORIZATION, ConnectionStatus.UNABLE_TO_CONNECT}
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


def kind_name(record: Record) -> str:
    return "Connection" if isinstance(record, Connection) else "Disconnection request"


def title(record: Record, display: DisplaySettings) -> RichText:
    """For where connections and disconnection requests of the same group may stand side by side."""
    return rich_text(kind_name(record), " · ", *group_and_carrier(record, display))


def status_line(record: Record, disconnection: RecordState | None = None, *, label: str = "Status") -> RichText:
    """Noyo does not say when a status began, only when the record last changed."""
    shown = disconnection.record if disconnection is not None and ends_connection(disconnection) else record
    since = ", noticed " if is_deleted(shown) else ", last changed "
    return labelled(label, *current_status(record, disconnection), since, Timestamp(shown.modified))


def current_status(record: Record, disconnection: RecordState | None, *, bold: bool = False) -> RichText:
    """The status in words. Noyo shows a connection as completed while, and after, its group is disconnected, so there
    its `disconnection` counts."""
    name = status_name(record.status, bold=bold)
    if disconnection is None or not may_end_connection(disconnection):
        return rich_text(name)
    if not ends_connection(disconnection):
        return rich_text(name, ", disconnection request: ", status_name(disconnection.status))
    end = end_date_of(disconnection)
    if disconnection.status is DisconnectionStatus.COMPLETED:
        last_day = f", last managed day {date_text(end)}" if end is not None else ""
        return rich_text(PlainText("Disconnected", bold=True), last_day)
    return rich_text(PlainText(f"Disconnecting after {date_text(end)}" if end is not None else "Disconnecting", bold))


def status_when_written(record: Record) -> RichText:
    """For messages that are not edited when the record changes: the label says that it is the status of then."""
    return status_line(record, label="Status at the time")


def carrier_group_id_line(record: Connection) -> RichText:
    if record.carrier_group_id is None:
        return labelled("Carrier group id", "none")
    return labelled("Carrier group id", own_group_id(record.carrier_group_id))


def requester(record_state: RecordState) -> RichText:
    person = record_state.requester
    return labelled("Requested by", UserMention(person) if person else "someone outside Switchboard")


def attempts(record_state: RecordState) -> RichText:
    return rich_text(f"Attempt {record_state.attempts}")


def message_text(record: Record, limit: int = MAX_QUOTE_LENGTH) -> RichText:
    """The message of Noyo or the carrier that belongs to the record's status, if there is one."""
    if not isinstance(record, Connection) or not record.message:
        return ()
    return (UntrustedText(record.message, limit, unmasked=record.carrier_group_id),)


def message_label(status: Status) -> str:
    """Who wrote the message: the carrier where it is about the carrier's system; otherwise Noyo, which passes it on."""
    return f"Message from {'the carrier' if status in _FROM_THE_CARRIER else 'Noyo'}"


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
    record_state: RecordState,
    disconnection: RecordState | None,
    display: DisplaySettings,
    *,
    primary: bool = True,
    with_claim: bool = False,
) -> list[Json]:
    """The buttons for the current state, always with Details. `with_claim` adds Claim while our action is needed.

    `disconnection`: of a completed connection, the request to disconnect that counts.
    """
    record = record_state.record
    details = record_button(Action.DETAILS, record)
    claim = claim_buttons(record_state) if with_claim and needs_our_action(record.status) else []
    if display.retryable(record_state):
        return [record_button(Action.RETRY, record, primary=primary), *claim, details]
    if disconnectable(record_state, disconnection):  # Never styled: it is the rarest action on a connection that works.
        return [record_button(Action.DISCONNECT, record), details]
    if decidable(record_state):
        approve = record_button(Action.APPROVE, record, primary=primary)
        return [approve, record_button(Action.REJECT, record), *claim, details]
    return [*claim, details]


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
    LocalStatus.DELETED: "Deleted at Noyo",
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
    DisconnectionStatus.COMPLETED: "No action needed. The request disconnected the group.",
    DisconnectionStatus.REJECTED: "No action needed. The request does not disconnect the group.",
    LocalStatus.DELETED: "No action needed here. If this is unexpected, ask Noyo why it was deleted.",
}

_SOURCE_NAMES = {
    DisconnectionSource.CARRIER.value: "the carrier",
    DisconnectionSource.PLATFORM.value: "our platform",
    DisconnectionSource.GROUP_AUDIT_REQUEST.value: "a group audit",
    DisconnectionSource.GROUP_SETUP_REQUEST.value: "a group setup",
    DisconnectionSource.MEMBER_TRANSACTION.value: "a member transaction",
}


def status_name(status: Status, *, bold: bool = False) -> Span:
    """In words; an unknown status as Noyo spells it."""
    if isinstance(status, UnknownValue):
        return UntrustedText(status.value, 60)
    return PlainText(_NAMES[status], bold)


def parse_status(kind: EntityKind, value: str) -> Status:
    """The status that Noyo spells like this, for this kind of record."""
    if value == LocalStatus.DELETED.value:
        return LocalStatus.DELETED
    known = DisconnectionStatus if kind is EntityKind.DISCONNECTION else ConnectionStatus
    return known(value) if value in known._value2member_map_ else UnknownValue(value)


def next_step(record: Record, display: DisplaySettings, disconnection: RecordState | None = None) -> RichText:
    """What to do, or that no action is needed."""
    status = disconnection.status if disconnection is not None and may_end_connection(disconnection) else record.status
    if isinstance(status, UnknownValue):
        of = "" if status is record.status else " of the disconnection request"
        return rich_text(f"Unknown status{of}. If it stays, ask Noyo what it means.")
    if status is ConnectionStatus.ACTION_REQUIRED:
        return _required_action(record, display)
    return rich_text(_NEXT_STEPS[status])


def _required_action(record: Record, display: DisplaySettings) -> RichText:
    """Every message that shows it also shows Noyo's message, which names what to correct."""
    what = "Correct what Noyo's message names"
    if not message_text(record):
        what = "Noyo sent no message. Ask Noyo what has to be corrected"
    then = "retry with" if display.retry_at_action_required else "send Noyo"
    return rich_text(what, f", then {then} the correction.")


def source_name(record: Disconnection) -> Span:
    name = _SOURCE_NAMES.get(record.source_type.value)
    return PlainText(name) if name else UntrustedText(record.source_type.value, 60)


def disconnection_facts(record: Disconnection, today: date | None = None) -> list[RichText]:
    return [status_line(record), end_date(record, today), _source_line(record)]


def end_date(record: Disconnection, today: date | None = None) -> RichText:
    """The last managed day. `today` adds the number of days left, for messages that are updated daily."""
    end = record.effective_end_date
    line = labelled("Last managed day", end_date_text(record))
    if today is None or end is None:
        return line
    return rich_text(*line, " · ", PlainText(days_left_text(days_left(end, today)), bold=True))


def moved_from(record_state: RecordState) -> list[RichText]:
    """The last managed day before it moved, if it did while the request waited."""
    change = record_state.end_date_change
    if change is None:
        return []
    return [labelled("Moved from", date_text(date.fromisoformat(change.before)) if change.before else "not set yet")]


def days_left_text(days: int) -> str:
    if days in (-1, 0, 1):
        return {-1: "ended yesterday", 0: "ends today", 1: "ends tomorrow"}[days]
    return f"ends in {days} days" if days > 0 else f"ended {-days} days ago"


def end_date_text(record: Disconnection) -> PlainText:
    end = record.effective_end_date
    return PlainText("not set yet" if end is None else date_text(end))


# ---------------------------------------------------------------- what changed

_FIELD_LABELS = {
    RecordField.GROUP_NAME: "Group",
    RecordField.GROUP_ID: "Group id",
    RecordField.CARRIER_ID: "Carrier",
    RecordField.CARRIER_GROUP_ID: "Carrier group id",
    RecordField.END_DATE: "Last managed day",
    RecordField.SOURCE: "Source",
    RecordField.SOURCE_DATE: "Source date",
    RecordField.SOURCE_ID: "Source reference",
}


def change_lines(changes: Iterable[FieldChange], status: Status, display: DisplaySettings) -> list[RichText]:
    """A line for each changed field with its old and its new value. `status` is the one after the change."""
    return [
        labelled(
            _FIELD_LABELS.get(change.field, message_label(status)),
            _field_value(change.field, change.before, display),
            " → ",
            _field_value(change.field, change.after, display),
        )
        for change in changes
    ]


def _field_value(field: RecordField, value: str | None, display: DisplaySettings) -> Span | str:
    match field:
        case _ if value is None:
            return "none"
        case RecordField.END_DATE | RecordField.SOURCE_DATE:
            return date_text(date.fromisoformat(value))
        case RecordField.SOURCE:
            return _SOURCE_NAMES.get(value) or UntrustedText(value, 60)
        case RecordField.CARRIER_ID:
            return display.carrier(value)
        case RecordField.CARRIER_GROUP_ID:
            return own_group_id(value)
        case RecordField.MESSAGE:
            return UntrustedText(value, MAX_QUOTE_LENGTH)
    return UntrustedText(value)


def _source_line(record: Disconnection) -> RichText:
    reference = rich_text(" (reference: ", UntrustedText(record.source_id, 80), ")") if record.source_id else ()
    when = f" on {date_text(record.source_date)}" if record.source_date else ""
    return labelled("Source", source_name(record), when, *reference)
