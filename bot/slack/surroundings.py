"""Slack room: what stands around a request to disconnect: other carriers, earlier requests, the group elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from bot.domain.records import Connection, Disconnection
from bot.domain.showing import Around
from bot.slack.look import Look
from bot.slack.phrases import Address, Line, Links, Moment, Run, labelled, line, to_card
from bot.slack.statuses import status_name

OTHERS_SHOWN = 6
EARLIER_SHOWN = 3


def whats_around(shown: Around, look: Look, links: Links) -> list[Line]:
    """What else would help to decide. What we do not hold is not said to be not there."""
    return [
        _listed("Other carriers of the group", [_other(one, look) for one in shown.others], OTHERS_SHOWN),
        asked_before_line(shown.earlier),
        *_connection(shown, links),
    ]


def asked_before_line(earlier: Sequence[Disconnection]) -> Line:
    return _listed("Asked before", [_earlier(one) for one in earlier], EARLIER_SHOWN)


def group_link(record: Connection | Disconnection, look: Look) -> list[Line]:
    """Where the group is shown elsewhere, as the settings say."""
    if not look.group_link or record.group_id is None:
        return []
    url = look.group_link.replace("{group_id}", quote(record.group_id[:200], safe=""))
    return [line(Address(url, "Open the group"))]


def _listed(label: str, told: Sequence[Line], most: int) -> Line:
    if not told:
        return ()
    runs: list[Run | str] = []
    for number, one in enumerate(told[:most]):
        runs += [", " if number else "", *one]
    more = len(told) - most
    return labelled(label, *runs, f" and {more} more" if more > 0 else "")


def _other(record: Connection, look: Look) -> Line:
    return line(look.carrier(record.carrier_id), " (", status_name(record.status), ")")


def _earlier(record: Disconnection) -> Line:
    when = record.completed or record.decided or record.modified
    return line(status_name(record.status), " ", Moment(when))


def _connection(shown: Around, links: Links) -> list[Line]:
    if shown.connection is None:
        return []
    ways = to_card(shown.card, links)
    stands = line(status_name(shown.connection.status), " · " if ways else "")
    return [labelled("The connection it would end", *stands, *(ways[0] if ways else ()))]
