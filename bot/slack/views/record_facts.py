"""Facts of a record as lines, the same on every message: names, statuses, next steps, and the buttons on offer."""

from __future__ import annotations

from bot.domain.entities import EntityKind
from bot.domain.record_states import RecordState, decidable, disconnectable
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    Record,
    Status,
    UnknownValue,
)
from bot.slack.views import buttons
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
    labelled,
    own_group_id,
    rich_text,
)

UNNAMED_GROUP = "A group without a name"
_WITHOUT_CARRIER_MESSAGE = frozenset(
    {ConnectionStatus.CREATED, ConnectionStatus.PROCESSING, ConnectionStatus.COMPLETED},
)


def group_name(record: Record) -> UntrustedText:
    return UntrustedText(record.group_name or UNNAMED_GROUP, unmasked=own_carrier_group_id(record))


def own_carrier_group_id(record: Record) -> str | None:
    return record.carrier_group_id if isinstance(record, Connection) else None


def spoken_name(record: Record) -> str:
    """The group's name, short and clean, for a button's spoken label."""
    return clean_text(record.group_name or UNNAMED_GROUP, limit=50, unmasked=own_carrier_group_id(record))


def group_and_carrier(record: Record, display: DisplaySettings) -> RichText:
    return rich_text(group_name(record), " · ", display.carrier(record.carrier_id))


def status_line(record: Record) -> RichText:
    """Noyo does not say when a status began, only when the record last changed."""
    return labelled("Status", status_name(record.status), ", last changed ", Timestamp(record.modified))


def status_when_written(record: Record) -> RichText:
    """For what is not edited when the record moves on: it says of when it tells, and stays true."""
    return labelled(
        "Status when this was written",
        status_name(record.status),
        ", last changed ",
        Timestamp(record.modified),
    )


def carrier_group_id_line(record: Connection) -> RichText:
    if record.carrier_group_id is None:
        return labelled("Carrier group id", "none")
    return labelled("Carrier group id", own_group_id(record.carrier_group_id))


def requester(record_state: RecordState) -> RichText:
    if record_state.requester is None:
        return labelled("Requested", "outside Switchboard")
    return labelled("Requested by", UserMention(record_state.requester))


def attempts(record_state: RecordState) -> RichText:
    return labelled("Tries so far", str(record_state.attempts))


def carrier_error(record: Record) -> str | None:
    """What the carrier said, where the status is one that comes with such words."""
    if not isinstance(record, Connection) or record.status in _WITHOUT_CARRIER_MESSAGE:
        return None
    return record.error


def carrier_message(record: Record) -> RichText:
    words = carrier_error(record)
    return (UntrustedText(words, MAX_QUOTE_LENGTH, unmasked=own_carrier_group_id(record)),) if words else ()


def id_and_version(record: Record) -> RichText:
    return rich_text("Noyo id ", UntrustedText(record.id, 60), " · version ", version(record))


def version(record: Record) -> UntrustedText:
    """Enough of it to tell one from the next."""
    return UntrustedText(record.version[:8])


def details_button(record_state: RecordState) -> Json:
    record = record_state.record
    return buttons.details(record.entity, record.version, name=spoken_name(record))


def retry_button(record_state: RecordState, *, primary: bool = True) -> Json:
    """`primary` at most once a message."""
    record = record_state.record
    return buttons.retry(record.entity, record.version, name=spoken_name(record), primary=primary)


def decision_buttons(record_state: RecordState, *, primary: bool = True) -> list[Json]:
    """`primary` at most once a message. What keeps things as they are is never styled."""
    record, name = record_state.record, spoken_name(record_state.record)
    return [
        buttons.approve(record.entity, record.version, name=name, primary=primary),
        buttons.reject(record.entity, record.version, name=name),
    ]


def claim_buttons(record_state: RecordState) -> list[Json]:
    """A message looks the same to everybody, so it offers both what others and what its owner may want."""
    record, name = record_state.record, spoken_name(record_state.record)
    owned = record_state.owner is not None
    taking = buttons.claim(record.entity, record.version, name=name, replaces_owner=owned)
    return [taking, buttons.release(record.entity, record.version, name=name)] if owned else [taking]


def disconnect_button(record_state: RecordState) -> Json:
    record = record_state.record
    return buttons.disconnect(record.entity, record.version, name=spoken_name(record))


def action_buttons(
    record_state: RecordState, display: DisplaySettings, *, primary: bool = True, with_claim: bool = False
) -> list[Json]:
    """The buttons that a record's status allows; always its details. `with_claim` adds those for claiming."""
    if display.retryable(record_state):
        return [retry_button(record_state, primary=primary), details_button(record_state)]
    if disconnectable(record_state):
        return [disconnect_button(record_state), details_button(record_state)]
    if decidable(record_state):
        taking = claim_buttons(record_state) if with_claim else []
        return [*decision_buttons(record_state, primary=primary), *taking, details_button(record_state)]
    return [details_button(record_state)]


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
    ConnectionStatus.CREATED: "nobody has to act. Noyo has the request.",
    ConnectionStatus.PROCESSING: "nobody has to act. Noyo is connecting the group.",
    ConnectionStatus.NOYO_REVIEW: "Noyo acts. It is looking into this connection.",
    ConnectionStatus.WAITING_ON_CARRIER: "the carrier acts. Noyo is waiting for its answer.",
    ConnectionStatus.CARRIER_AUTHORIZATION: (
        "we act. Reach out to the carrier, which may be waiting for us to authorize this connection."
    ),
    ConnectionStatus.UNABLE_TO_CONNECT: (
        "we act. Check the carrier group id and the group's details with the carrier, then retry with the correction."
    ),
    ConnectionStatus.COMPLETED: "nobody has to act. The group is connected.",
    DisconnectionStatus.NEEDS_REVIEW: (
        "we act. Approve it, and the group is disconnected from the carrier; reject it, and it stays connected. "
        "Until somebody decides, the request waits."
    ),
    DisconnectionStatus.PROCESSING: "nobody has to act. Noyo is disconnecting the group.",
    DisconnectionStatus.COMPLETED: "nobody has to act. The group is no longer connected.",
    DisconnectionStatus.REJECTED: "nobody has to act. The group stays connected.",
}

_SOURCES = {
    DisconnectionSource.CARRIER: "the carrier",
    DisconnectionSource.PLATFORM: "our platform",
    DisconnectionSource.GROUP_AUDIT_REQUEST: "a group audit",
    DisconnectionSource.GROUP_SETUP_REQUEST: "a group setup",
    DisconnectionSource.MEMBER_TRANSACTION: "a member transaction",
}


def status_name(status: Status, *, bold: bool = False) -> Span:
    """In words; one that we do not know as Noyo names it."""
    if isinstance(status, UnknownValue):
        return UntrustedText(status.value, 60)
    return PlainText(_NAMES[status], bold)


def parse_status(kind: EntityKind, status: str) -> Status:
    """The status that Noyo calls so, for this kind of record."""
    known = DisconnectionStatus if kind is EntityKind.DISCONNECTION else ConnectionStatus
    return known(status) if status in known._value2member_map_ else UnknownValue(status)


def next_step(record: Record, display: DisplaySettings) -> RichText:
    """Who has to act next, and what to do where it is us."""
    status = record.status
    if isinstance(status, UnknownValue):
        return rich_text("not known. Noyo has not told us what this status means; ask Noyo if it stays.")
    if status is ConnectionStatus.ACTION_REQUIRED:
        how = (
            "then retry with it." if display.retry_at_action_required else "and give the correction to Noyo."
        )
        return rich_text("we act. Something has to be corrected before Noyo can go on. Find out what, ", how)
    return rich_text(_NEXT_STEPS[status])


def source_name(record: Disconnection) -> Span:
    if record.source_type in _SOURCES:
        return PlainText(_SOURCES[record.source_type])
    return UntrustedText(record.source_type.value, 60)
