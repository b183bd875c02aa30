"""Deliveries, each message's own reservation and, once posted, where it is."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.content import MessageLink
from bot.domain.messages import MessageKey, MessageRecord
from bot.dynamodb import keys
from bot.dynamodb.attribute_values import Item
from bot.dynamodb.expressions import ABSENT, STAMP, Condition, Put, Update, holds
from bot.dynamodb.items import item_at, maybe_number, maybe_text, number, read_item, text
from bot.dynamodb.table import ConditionFailed, Table
from bot.errors import LeaseLost


class DynamoMessageRepository:
    """`bot.usecases.ports.storage.KeepsDeliveries` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def reserve(self, place: MessageKey, *, lease: str, now: int, lease_seconds: int) -> MessageRecord | None:
        item = self._table.get(_key(place))
        message_record = _reserved(place, item, lease, now)
        if message_record is None:
            return None
        try:
            self._table.write([Put(_delivery_item(message_record, now + lease_seconds), _unmoved(item))])
        except ConditionFailed:
            return None  # Somebody else reserved it between our reading and our writing.
        return message_record

    def record_post(
        self, message_record: MessageRecord, *, ts: str, posted_channel: str, fingerprint: str
    ) -> None:
        shown = {"ts": ts, "posted_channel": posted_channel, "fingerprint": fingerprint}
        try:
            self._table.write([Update(_key(message_record.key), shown, holds(lease=message_record.lease))])
        except ConditionFailed as failed:
            raise LeaseLost("Somebody else is at work on this message.") from failed

    def release(self, message_record: MessageRecord, *, closed: bool = False) -> None:
        free: Item = {"lease": None, "lease_until": None, **({"closed": True} if closed else {})}
        try:
            self._table.write([Update(_key(message_record.key), free, holds(lease=message_record.lease))])
        except ConditionFailed:
            return  # Whoever took it over gives it back.

    def link(self, place: MessageKey) -> MessageLink | None:
        item = self._table.get(_key(place))
        return read_item(item, _link) if item else None

    def live(self, channel: str, key_prefix: str) -> list[MessageKey]:
        partition, prefix = {":pk": keys.messages_in(channel)}, keys.fitting(key_prefix)
        rows = (
            self._table.query("pk = :pk AND begins_with(sk, :sk)", {**partition, ":sk": prefix})
            if prefix
            else self._table.query("pk = :pk", partition)
        )
        return [read_item(row, _place) for row in rows if row.get("ts") and not row.get("closed")]


def _key(place: MessageKey) -> keys.Key:
    return keys.message(place.channel, place.name)


def _reserved(place: MessageKey, item: Item | None, lease: str, now: int) -> MessageRecord | None:
    """The delivery as it will be ours; None while another lease runs."""
    if item is None:
        return MessageRecord(key=place, lease=lease, reserved_at=now, is_new=True)
    held = read_item(item, _delivery_from)
    until = maybe_number(item, "lease_until")
    if until is not None and until > now and held.lease != lease:
        return None
    return replace(held, lease=lease)


def _unmoved(item: Item | None) -> Condition:
    """The stamp changes with every write, so that two who read the same cannot both write."""
    return ABSENT if item is None else holds(**{STAMP: item.get(STAMP)})


def _delivery_item(message_record: MessageRecord, lease_until: int) -> Item:
    return item_at(
        _key(message_record.key),
        channel=message_record.key.channel,
        key=message_record.key.name,
        lease=message_record.lease,
        lease_until=lease_until,
        reserved_at=message_record.reserved_at,
        ts=message_record.ts,
        posted_channel=message_record.posted_channel,
        fingerprint=message_record.fingerprint,
        closed=message_record.closed,
    )


def _delivery_from(item: Item) -> MessageRecord:
    return MessageRecord(
        key=_place(item),
        lease=maybe_text(item, "lease") or "",
        reserved_at=number(item, "reserved_at"),
        is_new=False,
        ts=maybe_text(item, "ts"),
        posted_channel=maybe_text(item, "posted_channel"),
        fingerprint=maybe_text(item, "fingerprint"),
        closed=bool(item.get("closed")),
    )


def _place(item: Item) -> MessageKey:
    return MessageKey(text(item, "channel"), text(item, "key"))


def _link(item: Item) -> MessageLink | None:
    ts = maybe_text(item, "ts")
    return MessageLink(maybe_text(item, "posted_channel") or text(item, "channel"), ts) if ts else None
