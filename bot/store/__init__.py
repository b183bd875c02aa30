"""Store: the face of the table's room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from bot.store.audit import AuditStore
from bot.store.checkups import CheckupStore
from bot.store.clients import aws_client
from bot.store.cursors import CursorStore
from bot.store.deliveries import DeliveryStore
from bot.store.news import NewsStore
from bot.store.operations import OperationStore
from bot.store.patience import Patience
from bot.store.people import PeopleStore
from bot.store.records import RecordStore
from bot.store.rights import RightsStore
from bot.store.sealing import KmsSealer
from bot.store.switches import SwitchStore
from bot.store.table import DynamoClient, Pace, Table

RECEIVER = Patience(connect=0.5, read=0.9, total=2.0)
"""Slack waits for three seconds, a cold start included."""
WORKER = Patience(connect=1, read=3, total=15)


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that is kept in the table, by need."""

    records: RecordStore
    operations: OperationStore
    news: NewsStore
    deliveries: DeliveryStore
    people: PeopleStore
    cursors: CursorStore
    audit: AuditStore
    rights: RightsStore
    switches: SwitchStore
    checkups: CheckupStore


class MakesClients(Protocol):
    """`aws_client` (botocore's own), or `wire_client`, which is there sooner."""

    def __call__(self, service: str, *, region: str, endpoint_url: str | None, patience: Patience) -> Any: ...


def open_store(
    *,
    table: str,
    region: str,
    endpoint_url: str | None = None,
    patience: Patience = WORKER,
    make_client: MakesClients = aws_client,
) -> Store:
    """Makes the client; nothing is read or checked before the first use."""
    client = make_client("dynamodb", region=region, endpoint_url=endpoint_url, patience=patience)
    return store_on(client, table, patience)


def store_on(
    client: DynamoClient, table: str, patience: Patience = WORKER, pace: Pace | None = None
) -> Store:
    opened = Table(client, table, patience, pace or Pace())
    return Store(
        records=RecordStore(opened),
        operations=OperationStore(opened),
        news=NewsStore(opened),
        deliveries=DeliveryStore(opened),
        people=PeopleStore(opened),
        cursors=CursorStore(opened),
        audit=AuditStore(opened),
        rights=RightsStore(opened),
        switches=SwitchStore(opened),
        checkups=CheckupStore(opened),
    )


def open_sealer(
    *,
    key_id: str,
    region: str,
    endpoint_url: str | None = None,
    patience: Patience = WORKER,
    make_client: MakesClients = aws_client,
) -> KmsSealer:
    """The client behind it is made at the first seal."""
    return KmsSealer(
        lambda: make_client("kms", region=region, endpoint_url=endpoint_url, patience=patience),
        key_id,
        patience.begin,
    )


__all__ = [
    "RECEIVER",
    "WORKER",
    "KmsSealer",
    "MakesClients",
    "Pace",
    "Patience",
    "Store",
    "Table",
    "aws_client",
    "open_sealer",
    "open_store",
    "store_on",
]
