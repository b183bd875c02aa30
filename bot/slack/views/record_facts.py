"""The facts of a record as lines, the same on every message that shows it."""

from __future__ import annotations

from bot.domain.record_states import RecordState
from bot.domain.records import Connection, ConnectionStatus, Record
from bot.slack.views import buttons, formatting
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.rich_text import (
    QUOTE_LENGTH,
    Json,
    RichText,
    Timestamp,
    UntrustedText,
    UserMention,
    labelled,
    own_group_id,
    rich_text,
)
from bot.slack.views.statuses import status_name
from bot.usecases.operations import submit, submit_disconnection

NAMELESS = "A group without a name"
_NOTHING_SAID = frozenset(
    {ConnectionStatus.CREATED, ConnectionStatus.PROCESSING, ConnectionStatus.COMPLETED},
)


def group(record: Record) -> UntrustedText:
    return UntrustedText(record.group_name or NAMELESS, keep=own_id(record))


def own_id(record: Record) -> str | None:
    return record.carrier_group_id if isinstance(record, Connection) else None


def spoken_name(record: Record) -> str:
    """The group's name, short and clean, for a button's spoken label."""
    return formatting.clean(record.group_name or NAMELESS, limit=50, keep=own_id(record))


def group_and_carrier(record: Record, look: DisplaySettings) -> RichText:
    return rich_text(group(record), " · ", look.carrier(record.carrier_id))


def status(record: Record) -> RichText:
    """Noyo does not say when a status began, only when the record last changed."""
    return labelled("Status", status_name(record.status), ", last changed ", Timestamp(record.modified))


def status_then(record: Record) -> RichText:
    """For what is not edited when the record moves on: it says of when it tells, and stays true."""
    return labelled(
        "Status when this was written",
        status_name(record.status),
        ", last changed ",
        Timestamp(record.modified),
    )


def carrier_group_id(record: Connection) -> RichText:
    if record.carrier_group_id is None:
        return labelled("Carrier group id", "none")
    return labelled("Carrier group id", own_group_id(record.carrier_group_id))


def asker(record_state: RecordState) -> RichText:
    if record_state.requester is None:
        return labelled("Requested", "outside Switchboard")
    return labelled("Requested by", UserMention(record_state.requester))


def tries(record_state: RecordState) -> RichText:
    return labelled("Tries so far", str(record_state.attempts))


def error(record: Record) -> str | None:
    """What the carrier said, where the status is one that comes with such words."""
    if not isinstance(record, Connection) or record.status in _NOTHING_SAID:
        return None
    return record.error


def carrier_said(record: Record) -> RichText:
    words = error(record)
    return (UntrustedText(words, QUOTE_LENGTH, keep=own_id(record)),) if words else ()


def ids(record: Record) -> RichText:
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


def checking_buttons(record_state: RecordState) -> list[Json]:
    """A message looks the same to everybody, so it offers both what others and what its owner may want."""
    record, name = record_state.record, spoken_name(record_state.record)
    owned = record_state.owner is not None
    taking = buttons.claim(record.entity, record.version, name=name, instead=owned)
    return [taking, buttons.release(record.entity, record.version, name=name)] if owned else [taking]


def disconnect_button(record_state: RecordState) -> Json:
    record = record_state.record
    return buttons.disconnect(record.entity, record.version, name=spoken_name(record))


def offered(
    record_state: RecordState, look: DisplaySettings, *, primary: bool = True, checking: bool = False
) -> list[Json]:
    """What may be done about a record as it stands; always its details. `checking`: where it is shown who is at it."""
    if look.retryable(record_state):
        return [retry_button(record_state, primary=primary), details_button(record_state)]
    if submit_disconnection.disconnectable(record_state):
        return [disconnect_button(record_state), details_button(record_state)]
    if submit.decidable(record_state):
        taking = checking_buttons(record_state) if checking else []
        return [*decision_buttons(record_state, primary=primary), *taking, details_button(record_state)]
    return [details_button(record_state)]
