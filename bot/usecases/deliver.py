"""Use case: make one message in Slack exist once and say what is so, whatever order things happen in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.delivery import Delivery, Place
from bot.domain.showing import Content, Link, Rendered
from bot.errors import LeaseLost, SlackRefused, SlackSilent
from bot.ports import Clock, KeepsDeliveries, NewId, Posted, ShowsPeople

LEASE_SECONDS = 60
"""Longer than Slack's slowest answer and the time a message takes to show in a channel's history."""
ROUNDS = 5
GONE = frozenset({"message_not_found"})


class Held(Exception):
    """Somebody else is at work on this message just now."""


class _Unsettled(SlackSilent):
    """A post got no answer: it may still show up."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What delivering touches."""

    slack: ShowsPeople
    deliveries: KeepsDeliveries
    clock: Clock
    new_id: NewId

    def now(self) -> int:
        return int(self.clock())


def keep_true(
    place: Place,
    content: Callable[[], Content],
    desk: Desk,
    *,
    thread: str | None = None,
    close: bool = False,
) -> Link:
    """Posts the message, or edits it until it shows what `content` reads from the table. Returns where it is.

    The table is read again after each post and edit, so a change that came meanwhile is shown too. `close` ends the
    editing for good. `Held` where somebody else is at it; `SlackError`s pass.
    """
    delivery = desk.deliveries.reserve(
        place, lease=desk.new_id(), now=desk.now(), lease_seconds=LEASE_SECONDS
    )
    if delivery is None:
        raise Held(f"{place.key} in {place.channel}")
    try:
        delivery = _until_true(delivery, content, desk, thread)
    except LeaseLost as error:
        raise Held(f"{place.key} in {place.channel}") from error
    except _Unsettled:
        raise  # The lease runs on, so that nobody looks for the message before it had time to show.
    except BaseException:
        desk.deliveries.release(delivery)
        raise
    desk.deliveries.release(delivery, closed=close)
    return _link(delivery)


def post_once(place: Place, content: Callable[[], Content], desk: Desk, *, thread: str | None = None) -> Link:
    """As `keep_true`, for a message that is never edited afterwards."""
    return keep_true(place, content, desk, thread=thread, close=True)


def mark_of(place: Place) -> str:
    """The opaque id by which this message is found again in Slack: the same for every attempt to post it."""
    return hashlib.sha256(f"{place.channel}|{place.key}".encode()).hexdigest()[:32]


def _until_true(
    delivery: Delivery, content: Callable[[], Content], desk: Desk, thread: str | None
) -> Delivery:
    for _ in range(ROUNDS):
        rendered = desk.slack.render(content())
        if delivery.closed or (delivery.ts and delivery.fingerprint == rendered.fingerprint):
            return delivery
        posted = _show(delivery, rendered, desk, thread)
        shown = "" if posted.found else rendered.fingerprint
        desk.deliveries.posted(delivery, ts=posted.at.ts, posted_in=posted.at.channel, fingerprint=shown)
        delivery = replace(delivery, ts=posted.at.ts, posted_in=posted.at.channel, fingerprint=shown)
    return delivery


@dataclass(frozen=True, slots=True)
class _Shown:
    at: Posted
    found: bool = False
    """True where the message was there already, showing we do not know what."""


def _show(delivery: Delivery, rendered: Rendered, desk: Desk, thread: str | None) -> _Shown:
    if delivery.ts is None:
        return _post(delivery, rendered, desk, thread)
    at = Posted(delivery.posted_in or delivery.place.channel, delivery.ts)
    try:
        desk.slack.update(at.channel, at.ts, rendered)
    except SlackRefused as refusal:
        if refusal.code not in GONE:
            raise
        return _Shown(_send(delivery, rendered, desk, thread))  # Somebody deleted it; it is still wanted.
    return _Shown(at)


def _post(delivery: Delivery, rendered: Rendered, desk: Desk, thread: str | None) -> _Shown:
    """An earlier attempt may have arrived without our knowing, so it is looked for before posting again."""
    if not delivery.first:
        found = _find(delivery, desk, thread)
        if found is not None:
            return _Shown(found, found=True)
    return _Shown(_send(delivery, rendered, desk, thread))


def _find(delivery: Delivery, desk: Desk, thread: str | None) -> Posted | None:
    place = delivery.place
    try:
        return desk.slack.find(place.channel, mark=mark_of(place), since=delivery.reserved_at, thread=thread)
    except SlackRefused:
        return (
            None  # Slack does not let us read there (a direct message, no membership): posted at least once.
        )


def _send(delivery: Delivery, rendered: Rendered, desk: Desk, thread: str | None) -> Posted:
    place = delivery.place
    try:
        return desk.slack.post(place.channel, rendered, mark=mark_of(place), thread=thread)
    except SlackSilent as silence:
        raise _Unsettled(str(silence)) from silence


def _link(delivery: Delivery) -> Link:
    return Link(delivery.posted_in or delivery.place.channel, delivery.ts or "")
