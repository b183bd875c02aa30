"""Noyo's statuses in words, and who has to act next at each."""

from __future__ import annotations

from bot.domain.entities import EntityKind
from bot.domain.records import (
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    Record,
    Status,
    UnknownValue,
)
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.rich_text import PlainText, RichText, Span, UntrustedText, rich_text

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

_NEXT: dict[Status, str] = {
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


def named(kind: EntityKind, status: str) -> Status:
    """The status that Noyo calls so, for this kind of record."""
    known = DisconnectionStatus if kind is EntityKind.DISCONNECTION else ConnectionStatus
    return known(status) if status in known._value2member_map_ else UnknownValue(status)


def next_step(record: Record, look: DisplaySettings) -> RichText:
    """Who has to act next, and what to do where it is us."""
    status = record.status
    if isinstance(status, UnknownValue):
        return rich_text("not known. Noyo has not told us what this status means; ask Noyo if it stays.")
    if status is ConnectionStatus.ACTION_REQUIRED:
        how = "then retry with it." if look.retry_at_action_required else "and give the correction to Noyo."
        return rich_text("we act. Something has to be corrected before Noyo can go on. Find out what, ", how)
    return rich_text(_NEXT[status])


def source(record: Disconnection) -> Span:
    if record.source_type in _SOURCES:
        return PlainText(_SOURCES[record.source_type])
    return UntrustedText(record.source_type.value, 60)
