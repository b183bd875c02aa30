"""What stands around a request to disconnect: other carriers, earlier requests, the group elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from bot.domain.content import RelatedRecords
from bot.domain.records import Connection, Disconnection
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.rich_text import (
    Link,
    PermalinkLookup,
    RichText,
    Span,
    Timestamp,
    labelled,
    rich_text,
    to_card,
)
from bot.slack.views.statuses import status_name

OTHERS_SHOWN = 6
EARLIER_SHOWN = 3


def related_records_lines(
    shown: RelatedRecords, look: DisplaySettings, links: PermalinkLookup
) -> list[RichText]:
    """What else would help to decide. What we do not hold is not said to be not there."""
    return [
        _listed(
            "Other carriers of the group", [_other(one, look) for one in shown.other_carriers], OTHERS_SHOWN
        ),
        earlier_requests_line(shown.earlier),
        *_connection(shown, links),
    ]


def earlier_requests_line(earlier: Sequence[Disconnection]) -> RichText:
    return _listed("Asked before", [_earlier(one) for one in earlier], EARLIER_SHOWN)


def group_link(record: Connection | Disconnection, look: DisplaySettings) -> list[RichText]:
    """Where the group is shown elsewhere, as the settings say."""
    if not look.group_link or record.group_id is None:
        return []
    url = look.group_link.replace("{group_id}", quote(record.group_id[:200], safe=""))
    return [rich_text(Link(url, "Open the group"))]


def _listed(label: str, told: Sequence[RichText], most: int) -> RichText:
    if not told:
        return ()
    runs: list[Span | str] = []
    for number, one in enumerate(told[:most]):
        runs += [", " if number else "", *one]
    more = len(told) - most
    return labelled(label, *runs, f" and {more} more" if more > 0 else "")


def _other(record: Connection, look: DisplaySettings) -> RichText:
    return rich_text(look.carrier(record.carrier_id), " (", status_name(record.status), ")")


def _earlier(record: Disconnection) -> RichText:
    when = record.completed or record.decided or record.modified
    return rich_text(status_name(record.status), " ", Timestamp(when))


def _connection(shown: RelatedRecords, links: PermalinkLookup) -> list[RichText]:
    if shown.connection is None:
        return []
    ways = to_card(shown.card, links)
    stands = rich_text(status_name(shown.connection.status), " · " if ways else "")
    return [labelled("The connection it would end", *stands, *(ways[0] if ways else ()))]
