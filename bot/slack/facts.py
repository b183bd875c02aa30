"""Slack room: the facts of a record as lines, the same on every message that shows it."""

from __future__ import annotations

from bot.domain.records import Connection, ConnectionStatus, Record
from bot.domain.tracking import Tracked
from bot.slack import buttons, text
from bot.slack.look import Look
from bot.slack.phrases import (
    SAID,
    Foreign,
    Json,
    Line,
    Moment,
    Person,
    labelled,
    line,
    own_group_id,
)
from bot.slack.statuses import status_name
from bot.usecases import place, place_disconnection

NAMELESS = "A group without a name"
_NOTHING_SAID = frozenset(
    {ConnectionStatus.CREATED, ConnectionStatus.PROCESSING, ConnectionStatus.COMPLETED},
)


def group(record: Record) -> Foreign:
    return Foreign(record.group_name or NAMELESS, keep=own_id(record))


def own_id(record: Record) -> str | None:
    return record.carrier_group_id if isinstance(record, Connection) else None


def spoken_name(record: Record) -> str:
    """The group's name, short and clean, for a button's spoken label."""
    return text.clean(record.group_name or NAMELESS, limit=50, keep=own_id(record))


def group_and_carrier(record: Record, look: Look) -> Line:
    return line(group(record), " · ", look.carrier(record.carrier_id))


def status(record: Record) -> Line:
    """Noyo does not say when a status began, only when the record last changed."""
    return labelled("Status", status_name(record.status), ", last changed ", Moment(record.modified))


def status_then(record: Record) -> Line:
    """For what is not edited when the record moves on: it says of when it tells, and stays true."""
    return labelled(
        "Status when this was written", status_name(record.status), ", last changed ", Moment(record.modified)
    )


def carrier_group_id(record: Connection) -> Line:
    if record.carrier_group_id is None:
        return labelled("Carrier group id", "none")
    return labelled("Carrier group id", own_group_id(record.carrier_group_id))


def asker(tracked: Tracked) -> Line:
    if tracked.asker is None:
        return labelled("Requested", "outside Switchboard")
    return labelled("Requested by", Person(tracked.asker))


def tries(tracked: Tracked) -> Line:
    return labelled("Tries so far", str(tracked.tries))


def error(record: Record) -> str | None:
    """What the carrier said, where the status is one that comes with such words."""
    if not isinstance(record, Connection) or record.status in _NOTHING_SAID:
        return None
    return record.error


def carrier_said(record: Record) -> Line:
    words = error(record)
    return (Foreign(words, SAID, keep=own_id(record)),) if words else ()


def ids(record: Record) -> Line:
    return line("Noyo id ", Foreign(record.id, 60), " · version ", version(record))


def version(record: Record) -> Foreign:
    """Enough of it to tell one from the next."""
    return Foreign(record.version[:8])


def details_button(tracked: Tracked) -> Json:
    record = tracked.record
    return buttons.details(record.subject, record.version, name=spoken_name(record))


def retry_button(tracked: Tracked, *, primary: bool = True) -> Json:
    """`primary` at most once a message."""
    record = tracked.record
    return buttons.retry(record.subject, record.version, name=spoken_name(record), primary=primary)


def decision_buttons(tracked: Tracked, *, primary: bool = True) -> list[Json]:
    """`primary` at most once a message. What keeps things as they are is never styled."""
    record, name = tracked.record, spoken_name(tracked.record)
    return [
        buttons.approve(record.subject, record.version, name=name, primary=primary),
        buttons.reject(record.subject, record.version, name=name),
    ]


def checking_buttons(tracked: Tracked) -> list[Json]:
    """A message looks the same to everybody, so it offers both what others and what its owner may want."""
    record, name = tracked.record, spoken_name(tracked.record)
    owned = tracked.owner is not None
    taking = buttons.take(record.subject, record.version, name=name, instead=owned)
    return [taking, buttons.let_go(record.subject, record.version, name=name)] if owned else [taking]


def disconnect_button(tracked: Tracked) -> Json:
    record = tracked.record
    return buttons.disconnect(record.subject, record.version, name=spoken_name(record))


def offered(tracked: Tracked, look: Look, *, primary: bool = True, checking: bool = False) -> list[Json]:
    """What may be done about a record as it stands; always its details. `checking`: where it is shown who is at it."""
    if look.retryable(tracked):
        return [retry_button(tracked, primary=primary), details_button(tracked)]
    if place_disconnection.disconnectable(tracked):
        return [disconnect_button(tracked), details_button(tracked)]
    if place.decidable(tracked):
        taking = checking_buttons(tracked) if checking else []
        return [*decision_buttons(tracked, primary=primary), *taking, details_button(tracked)]
    return [details_button(tracked)]
