"""Use case: make one message in Slack exist once and say what is so, whatever order things happen in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bot.domain.delivery import Delivery, Place
from bot.domain.showing import Content, Link, Rendered
from bot.errors import LeaseLost, SlackBusy, SlackRefused, SlackSilent
from bot.ports import Clock, KeepsDeliveries, NewId, Posted, ShowsPeople
from bot.usecases.steps import Step, tell

LEASE_SECONDS = 60
"""Longer than Slack's slowest answer and the time a message takes to show in a channel's history."""
SLACK_SECONDS = 15
"""Nothing is sent to Slack with less of the lease left: it could arrive after somebody else's newer truth."""
ROUNDS = 5
GONE = frozenset({"message_not_found", "cant_update_message"})
"""Deleted; where it had a thread, Slack leaves a message of its own in its place."""
DOUBTFUL = ""
"""The fingerprint of a message of which nobody knows what it shows."""


class Held(Exception):
    """Somebody else is at work on this message just now."""


class NotNow(Held):
    """It has to wait for its hour, which comes in so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"not for {seconds} seconds")
        self.seconds = seconds


class _Unsettled(SlackSilent):
    """A post got no answer: it may still show up."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What delivering touches. `busy` holds until when Slack wants to be left alone, by channel (Unix seconds).

    It is a courtesy of this process alone: where another one does not know of it, Slack says so once more.
    """

    slack: ShowsPeople
    deliveries: KeepsDeliveries
    clock: Clock
    new_id: NewId
    busy: dict[str, int] = field(default_factory=dict)

    def now(self) -> int:
        return int(self.clock())

    def mind_slack(self, channel: str) -> None:
        left = self.busy.get(channel, 0) - self.now()
        if left > 0:
            raise SlackBusy("Slack asked us to slow down.", retry_after=left)


def never(_: Content) -> bool:
    return False


def always(_: Content) -> bool:
    return True


def keep_true(
    place: Place,
    content: Callable[[], Content],
    desk: Desk,
    *,
    thread: str | None = None,
    broadcast: bool = False,
    closes: Callable[[Content], bool] = never,
    anew: bool = False,
    reposts: bool = True,
) -> Link:
    """Posts the message, or edits it until it shows what `content` reads from the table. Returns where it is.

    The table is read again after each post and edit, so a change that came meanwhile is shown too. What `closes` says
    yes to, once shown, is never edited again. `anew` edits it even if it should show the right thing already, and so
    finds out whether it is still there. `broadcast` shows a reply in its channel too. Without `reposts` a message that
    somebody deleted stays away. `Held` where somebody else is at it; `SlackError`s pass.
    """
    with _holding(place, desk) as delivery:
        work = _Work(desk, thread, broadcast, reposts, desk.now() + LEASE_SECONDS - SLACK_SECONDS)
        if anew:
            delivery = replace(delivery, fingerprint=DOUBTFUL)
        delivery, shown = _until_true(delivery, content, work)
    desk.deliveries.release(delivery, closed=closes(shown))
    return _link(delivery)


def take_away(place: Place, desk: Desk, *, thread: str | None = None) -> None:
    """Deletes the message, also one whose posting was never answered, and sees to it that it is never posted.

    Safe to call again: what is gone already is what was wanted. `SlackRefused` where Slack will not delete it.
    """
    with _holding(place, desk) as delivery:
        work = _Work(desk, thread, broadcast=False, reposts=False, until=desk.now() + LEASE_SECONDS)
        at = Posted(delivery.posted_in or place.channel, delivery.ts) if delivery.ts else None
        at = at or (None if delivery.first else _find(delivery, work))
        if at is not None and not delivery.closed:
            _delete(at, desk)
    desk.deliveries.release(delivery, closed=True)


def _delete(at: Posted, desk: Desk) -> None:
    try:
        desk.slack.delete(at.channel, at.ts)
    except SlackRefused as refusal:
        if refusal.code not in GONE:
            raise


@contextmanager
def _holding(place: Place, desk: Desk) -> Iterator[Delivery]:
    """The lease on a message. Where something goes wrong it is given back, as far as that is safe."""
    desk.mind_slack(place.channel)
    delivery = desk.deliveries.reserve(
        place, lease=desk.new_id(), now=desk.now(), lease_seconds=LEASE_SECONDS
    )
    if delivery is None:
        raise Held(f"{place.key} in {place.channel}")
    try:
        yield delivery
    except LeaseLost as error:
        raise Held(f"{place.key} in {place.channel}") from error
    except SlackBusy as busy:
        desk.busy[place.channel] = desk.now() + busy.retry_after
        desk.deliveries.release(delivery)
        raise
    except _Unsettled:
        raise  # The lease runs on, so that nobody looks for the message before it had time to show.
    except BaseException:
        desk.deliveries.release(delivery)
        raise


def post_once(place: Place, content: Callable[[], Content], desk: Desk, *, thread: str | None = None) -> Link:
    """As `keep_true`, for a message that is never edited afterwards."""
    return keep_true(place, content, desk, thread=thread, closes=always)


def mark_of(place: Place) -> str:
    """The opaque id by which this message is found again in Slack: the same for every attempt to post it."""
    return hashlib.sha256(f"{place.channel}|{place.key}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Work:
    """The desk, where the message belongs, and when to stop sending (Unix seconds)."""

    desk: Desk
    thread: str | None
    broadcast: bool
    reposts: bool
    until: int

    def mind_the_lease(self, delivery: Delivery) -> None:
        if self.desk.now() >= self.until:
            raise LeaseLost(f"too late to send {delivery.place.key}")


def _until_true(delivery: Delivery, content: Callable[[], Content], work: _Work) -> tuple[Delivery, Content]:
    for _ in range(ROUNDS):
        shown = content()
        rendered = work.desk.slack.render(shown)
        if delivery.closed or (delivery.ts and delivery.fingerprint == rendered.fingerprint):
            break
        posted = _show(delivery, rendered, work)
        how = "found" if posted.found else "edited" if delivery.ts == posted.at.ts else "posted"
        delivery = _noted(delivery, posted.at, DOUBTFUL if posted.found else rendered.fingerprint, work)
        tell(
            Step.SHOWN,
            what=delivery.place.key.partition(":")[0],
            how=how,
            channel=posted.at.channel,
            ts=posted.at.ts,
        )
    return delivery, shown


def _noted(delivery: Delivery, at: Posted, fingerprint: str, work: _Work) -> Delivery:
    work.desk.deliveries.posted(delivery, ts=at.ts, posted_in=at.channel, fingerprint=fingerprint)
    return replace(delivery, ts=at.ts, posted_in=at.channel, fingerprint=fingerprint)


@dataclass(frozen=True, slots=True)
class _Shown:
    at: Posted
    found: bool = False
    """True where the message was there already, showing we do not know what."""


def _show(delivery: Delivery, rendered: Rendered, work: _Work) -> _Shown:
    if delivery.ts is None:
        return _post(delivery, rendered, work)
    at = Posted(delivery.posted_in or delivery.place.channel, delivery.ts)
    # From here on nobody knows what it shows, should the answer be lost; and the lease must still be ours.
    _noted(delivery, at, DOUBTFUL, work)
    work.mind_the_lease(delivery)
    try:
        work.desk.slack.update(at.channel, at.ts, rendered)
    except SlackRefused as refusal:
        if refusal.code not in GONE:
            raise
        if not work.reposts:
            return _Shown(at)
        return _found_or_sent(delivery, rendered, work)  # Somebody deleted it; it is still wanted.
    return _Shown(at)


def _post(delivery: Delivery, rendered: Rendered, work: _Work) -> _Shown:
    """An earlier attempt may have arrived without our knowing, so it is looked for before posting again."""
    if delivery.first:
        return _Shown(_send(delivery, rendered, work))
    return _found_or_sent(delivery, rendered, work)


def _found_or_sent(delivery: Delivery, rendered: Rendered, work: _Work) -> _Shown:
    found = _find(delivery, work)
    if found is None or found.ts == delivery.ts:  # The same one again: it is there, but cannot be edited.
        return _Shown(_send(delivery, rendered, work))
    return _Shown(found, found=True)


def _find(delivery: Delivery, work: _Work) -> Posted | None:
    """None as well where Slack does not let us read (a direct message, no membership): posted at least once there."""
    place = delivery.place
    try:
        return work.desk.slack.find(
            place.channel, mark=mark_of(place), since=delivery.reserved_at, thread=work.thread
        )
    except SlackRefused:
        return None


def _send(delivery: Delivery, rendered: Rendered, work: _Work) -> Posted:
    place = delivery.place
    work.mind_the_lease(delivery)
    try:
        return work.desk.slack.post(
            place.channel, rendered, mark=mark_of(place), thread=work.thread, broadcast=work.broadcast
        )
    except SlackSilent as silence:
        raise _Unsettled(str(silence)) from silence


def _link(delivery: Delivery) -> Link:
    return Link(delivery.posted_in or delivery.place.channel, delivery.ts or "")
