"""Store: deliveries, each message's own reservation and, once posted, where it is."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.delivery import Delivery, Place
from bot.domain.showing import Link
from bot.errors import LeaseLost
from bot.store import keys
from bot.store.items import item_at, maybe_number, maybe_text, number, read_item, text
from bot.store.table import ConditionFailed, Table
from bot.store.typed import Item
from bot.store.writes import ABSENT, STAMP, Condition, Put, Update, holds


class DeliveryStore:
    """`bot.ports.KeepsDeliveries` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def reserve(self, place: Place, *, lease: str, now: int, lease_seconds: int) -> Delivery | None:
        item = self._table.get(_key(place))
        delivery = _reserved(place, item, lease, now)
        if delivery is None:
            return None
        try:
            self._table.write([Put(_delivery_item(delivery, now + lease_seconds), _unmoved(item))])
        except ConditionFailed:
            return None  # Somebody else reserved it between our reading and our writing.
        return delivery

    def posted(self, delivery: Delivery, *, ts: str, posted_in: str, fingerprint: str) -> None:
        shown = {"ts": ts, "posted_in": posted_in, "fingerprint": fingerprint}
        try:
            self._table.write([Update(_key(delivery.place), shown, holds(lease=delivery.lease))])
        except ConditionFailed as failed:
            raise LeaseLost("Somebody else is at work on this message.") from failed

    def release(self, delivery: Delivery, *, closed: bool = False) -> None:
        free: Item = {"lease": None, "lease_until": None, **({"closed": True} if closed else {})}
        try:
            self._table.write([Update(_key(delivery.place), free, holds(lease=delivery.lease))])
        except ConditionFailed:
            return  # Whoever took it over gives it back.

    def link(self, place: Place) -> Link | None:
        item = self._table.get(_key(place))
        return read_item(item, _link) if item else None

    def live(self, channel: str, key_prefix: str) -> list[Place]:
        partition, prefix = {":pk": keys.deliveries(channel)}, keys.fitting(key_prefix)
        rows = (
            self._table.query("pk = :pk AND begins_with(sk, :sk)", {**partition, ":sk": prefix})
            if prefix
            else self._table.query("pk = :pk", partition)
        )
        return [read_item(row, _place) for row in rows if row.get("ts") and not row.get("closed")]


def _key(place: Place) -> keys.Key:
    return keys.delivery(place.channel, place.key)


def _reserved(place: Place, item: Item | None, lease: str, now: int) -> Delivery | None:
    """The delivery as it will be ours; None while another lease runs."""
    if item is None:
        return Delivery(place=place, lease=lease, reserved_at=now, first=True)
    held = read_item(item, _delivery_from)
    until = maybe_number(item, "lease_until")
    if until is not None and until > now and held.lease != lease:
        return None
    return replace(held, lease=lease)


def _unmoved(item: Item | None) -> Condition:
    """The stamp changes with every write, so that two who read the same cannot both write."""
    return ABSENT if item is None else holds(**{STAMP: item.get(STAMP)})


def _delivery_item(delivery: Delivery, lease_until: int) -> Item:
    return item_at(
        _key(delivery.place),
        channel=delivery.place.channel,
        key=delivery.place.key,
        lease=delivery.lease,
        lease_until=lease_until,
        reserved_at=delivery.reserved_at,
        ts=delivery.ts,
        posted_in=delivery.posted_in,
        fingerprint=delivery.fingerprint,
        closed=delivery.closed,
    )


def _delivery_from(item: Item) -> Delivery:
    return Delivery(
        place=_place(item),
        lease=maybe_text(item, "lease") or "",
        reserved_at=number(item, "reserved_at"),
        first=False,
        ts=maybe_text(item, "ts"),
        posted_in=maybe_text(item, "posted_in"),
        fingerprint=maybe_text(item, "fingerprint"),
        closed=bool(item.get("closed")),
    )


def _place(item: Item) -> Place:
    return Place(text(item, "channel"), text(item, "key"))


def _link(item: Item) -> Link | None:
    ts = maybe_text(item, "ts")
    return Link(maybe_text(item, "posted_in") or text(item, "channel"), ts) if ts else None
