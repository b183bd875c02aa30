"""Records for measuring the search, written as the bot stores them, but in batches and without their history."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from bot.domain.record_states import new_record_state
from bot.domain.records import Connection, ConnectionStatus
from bot.dynamodb.expressions import Put, TypedItem, typed_item
from bot.dynamodb.repositories.records import state_item
from bot.dynamodb.search_index import changed_words
from infra.bench.fakes import member
from infra.local.datasets.dataset import connection
from infra.local.datasets.large import GROUPS, LARGE
from infra.local.datasets.names import group_name

BATCH, WRITERS = 25, 4
CONNECTIONS_OF_A_GROUP = 3
_CARRIERS = tuple(LARGE.carriers)
_OPEN = ("unable_to_connect", "action_required", "waiting_on_carrier", "processing", "noyo_review")
OPEN_ONE_IN = 10
"""Of ten connections, nine are connected."""


def records(count: int, now: int) -> Iterator[Connection]:
    """Connections of groups with distinct names, three each."""
    for number in range(count):
        group = number // CONNECTIONS_OF_A_GROUP
        status = _OPEN[number // OPEN_ONE_IN % len(_OPEN)] if number % OPEN_ONE_IN == 0 else "completed"
        carrier = _CARRIERS[number % len(_CARRIERS)]
        fields = connection(number, (group, name(group)), carrier, status, now - count + number)
        del fields["setup_result"]
        yield Connection(**fields | {"status": ConnectionStatus(status)})


def carriers() -> dict[str, dict[str, object]]:
    """Each carrier's name, and its initials with a number as an alias."""
    return {
        carrier_id: {"name": LARGE.carriers[carrier_id], "aliases": [alias(carrier_id)]} for carrier_id in _CARRIERS
    }


def alias(carrier_id: str) -> str:
    initials = "".join(word[0] for word in LARGE.carriers[carrier_id].split() if word[0].isalpha())
    return f"{initials}{_CARRIERS.index(carrier_id):02}"


def name(group: int) -> str:
    turn, number = divmod(group, GROUPS)
    return f"{group_name(number)} {turn + 1}" if turn else group_name(number)


def fill(client: Any, table: str, stored: Iterable[Connection], now: int) -> None:
    """Also the person who types, so that Slack is not asked for them."""
    client.put_item(TableName=table, Item=member(now))
    items = (item for record in stored for item in _items(record, now))
    batches = iter(lambda: list(islice(items, BATCH)), [])
    with ThreadPoolExecutor(WRITERS) as pool:
        # A limited number at a time, because all of them together need more memory than the table.
        while started := [pool.submit(_write, client, table, batch) for batch in islice(batches, 10 * WRITERS)]:
            for writing in started:
                writing.result()


def _items(record: Connection, now: int) -> Iterator[TypedItem]:
    yield typed_item(state_item(new_record_state(record, now)))
    for write in changed_words(None, record):
        assert isinstance(write, Put)
        yield typed_item(write.item)


def _write(client: Any, table: str, batch: list[TypedItem]) -> None:
    wanted = {table: [{"PutRequest": {"Item": item}} for item in batch]}
    while wanted:
        wanted = client.batch_write_item(RequestItems=wanted)["UnprocessedItems"]
