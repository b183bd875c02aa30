"""Outbox events until they are published, and Slack messages: each with its reservation and, once posted, its `ts`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot import policies
from bot.domain.content import MessageKey, MessageLink, MessageRecord
from bot.domain.outbox import OutboxEvent
from bot.domain.people import AuditEntry
from bot.dynamodb import schema
from bot.dynamodb.expressions import ABSENT, STAMP, Condition, Item, Key, Put, Update, holds
from bot.dynamodb.schema import audit_put, event_item, item_at, read_item
from bot.dynamodb.table import Repository, Table
from bot.errors import LeaseLost


class DynamoOutboxRepository(Repository):
    """Implements `bot.usecases.ports.storage.OutboxRepository`."""

    def event(self, event_id: str) -> OutboxEvent | None:
        return self._read(OutboxEvent, schema.outbox_event(event_id))

    def due(self, now: int, *, limit: int) -> list[str]:
        return [*due_ids(self._table, schema.OUTBOX, now, limit), *self.unreadable(now, limit=limit)]

    def unreadable(self, now: int, *, limit: int) -> list[str]:
        return due_ids(self._table, schema.UNREADABLE_EVENT, now, limit)

    def set_aside(self, event_id: str, now: int) -> None:
        set_aside(self._table, schema.outbox_event(event_id), schema.UNREADABLE_EVENT, now)

    def oldest_due(self, now: int) -> int | None:
        return oldest_due(self._table, schema.OUTBOX, now)

    def put(self, event: OutboxEvent, audit: AuditEntry | None = None) -> bool:
        """The audit entry comes first: after a lost answer the first item is read, and the receiver reads no events."""
        return self._table.write_if([*([audit_put(audit)] if audit else []), Put(event_item(event), ABSENT)])

    def request(self, event: OutboxEvent) -> None:
        if event.requested is None:
            raise ValueError("only a request replaces an earlier one")
        earlier = Condition({}, or_absent=True, at_most=(("requested", event.requested - 1),))
        self._table.write_if([Put(event_item(event), earlier)])

    def mark_delivered(self, event: OutboxEvent, now: int) -> None:
        expires = now + policies.SETTLED_RETENTION_SECONDS
        still_newest = holds(requested=event.requested) if event.requested is not None else None
        self._table.write_if([Put(event_item(replace(event, due=None)) | {"expires": expires}, still_newest)])

    def postpone(self, event: OutboxEvent, due: int, *, failed: bool) -> None:
        """Changes nothing if another worker has delivered the event meanwhile."""
        later: Item = {
            "due_kind": schema.OUTBOX,
            "due": due,
            "attempts": event.attempts + failed,
            "waiting_since": event.waiting_since,
        }
        self._table.write_if([Update(schema.outbox_event(event.id), later, Condition({}, exists=("due",)))])

    def mark_late(self, event_id: str) -> None:
        self._table.write_if([Update(schema.outbox_event(event_id), {"late": True}, Condition({}, exists=("due",)))])


class DynamoMessageRepository(Repository):
    """Implements `bot.usecases.ports.storage.MessageRepository`."""

    def reserve(self, key: MessageKey, *, lease: str, now: int, lease_seconds: int) -> MessageRecord | None:
        item = self._table.get(_item_key(key))
        record = _reserved(key, item, lease, now)
        if record is None:
            return None
        # Only this attempt may continue the search: it may post the message, which a continued search would not find.
        position: Item = {"search_cursor": None, "search_since": None}
        reserved = item_at(_item_key(key), record, is_new=None, lease_until=now + lease_seconds, **position)
        # Another worker may have reserved it between our read and our write.
        return record if self._table.write_if([Put(reserved, _unchanged(item))]) else None

    def record_post(self, message_record: MessageRecord, *, ts: str, posted_channel: str, fingerprint: str) -> None:
        shown = {"ts": ts, "posted_channel": posted_channel, "fingerprint": fingerprint}
        if not self._update(message_record, shown):
            raise LeaseLost("Another worker holds the lease on this message.")

    def hold(self, message_record: MessageRecord, *, until: int) -> None:
        self._update(message_record, {"lease_until": until})

    def save_search(self, message_record: MessageRecord, *, cursor: str | None, since: int) -> None:
        self._update(message_record, {"search_cursor": cursor, "search_since": since})

    def release(self, message_record: MessageRecord, *, closed: bool = False) -> None:
        free: Item = {"lease": None, "lease_until": None, **({"closed": True} if closed else {})}
        self._update(message_record, free)  # If another worker holds the lease now, it releases it.

    def link(self, key: MessageKey) -> MessageLink | None:
        item = self._table.get(_item_key(key))
        return _message_record(item).link if item else None

    def is_reserved(self, key: MessageKey) -> bool:
        return self._table.get(_item_key(key)) is not None

    def live(self, channel: str, key_prefix: str) -> list[MessageKey]:
        partition, prefix = {":pk": schema.messages_in(channel)}, schema.fitting(key_prefix)
        rows = (
            self._table.query("pk = :pk AND begins_with(sk, :sk)", {**partition, ":sk": prefix})
            if prefix
            else self._table.query("pk = :pk", partition)
        )
        records = map(_message_record, rows)
        return [record.key for record in records if record.ts and not record.closed]

    def _update(self, message_record: MessageRecord, sets: Item) -> bool:
        """False if the lease is no longer ours."""
        return self._table.write_if([Update(_item_key(message_record.key), sets, holds(lease=message_record.lease))])


def _item_key(key: MessageKey) -> Key:
    return schema.message(key.channel, key.name)


def _reserved(key: MessageKey, item: Item | None, lease: str, now: int) -> MessageRecord | None:
    """The message with our lease on it; None while another lease runs."""
    if item is None:
        return MessageRecord(key=key, lease=lease, reserved_at=now, is_new=True)
    record = _message_record(item)
    if item.get("lease_until", 0) > now and record.lease != lease:
        return None
    return replace(record, lease=lease)


def _unchanged(item: Item | None) -> Condition:
    """The stamp changes with every write, so of two workers that read the same item only one can write."""
    return ABSENT if item is None else holds(**{STAMP: item.get(STAMP)})


def _message_record(item: Item) -> MessageRecord:
    return read_item(MessageRecord, {"lease": "", **item, "is_new": False})


# ---------------------------------------------------------------- events in other transactions, and the due index


def due_ids(table: Table, kind: str, now: int, limit: int) -> list[str]:
    """Ids of what is due, the longest due first. `kind` is a lane of the due index, which may lag by a moment."""
    return [schema.id_of(row["pk"]) for row in _due(table, kind, now, limit)]


def oldest_due(table: Table, kind: str, now: int) -> int | None:
    """The `due` of the item that has been due the longest; None if nothing is due."""
    return next((int(row["due"]) for row in _due(table, kind, now, 1)), None)


def set_aside(table: Table, key: Key, lane: str, now: int) -> None:
    """Moves an item that is due and cannot be read to its own lane of the due index, and changes nothing else of it."""
    later: Item = {"due_kind": lane, "due": now + policies.UNREADABLE_RETRY_SECONDS}
    table.write_if([Update(key, later, Condition({}, at_most=(("due", now),)))])


def _due(table: Table, kind: str, now: int, limit: int) -> Iterator[Item]:
    return table.query("due_kind = :kind AND due <= :now", {":kind": kind, ":now": now}, index="due", limit=limit)
