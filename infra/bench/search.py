"""`make bench`: measures how long the receiver's handler takes to find records, on DynamoDB Local.

The handler is warm and runs in this process. Slack is a fake, so nothing else is waited for. The engine shares the
machine's cores with the handler, and times vary with them. Each answer is checked for what was meant.
"""

import argparse
import contextlib
import io
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.domain.carriers_file import CarriersFile
from bot.domain.records import Connection, ConnectionStatus
from bot.domain.search_text import name_words, words_in
from bot.dynamodb import TimeoutPolicy, repositories_on
from bot.dynamodb.clients import aws_client
from infra.bench import search_data
from infra.bench.environment import environment
from infra.bench.fakes import Fakes
from infra.bench.request import event, suggestion
from infra.local.aws.dynamodb_local import DynamoDBLocal, EngineUnavailable
from infra.local.aws.table import create_table
from infra.local.datasets.large import LARGE

RECORDS, REQUESTS, TARGET = 100_000, 100, 300
TABLE, REGION = "bench", "us-east-1"
LOADING = TimeoutPolicy(connect=5, read=60, total=60)
ROW, GROUP, MEMBER = "Connection · ", "Group · ", "• Connection · "
"""The beginnings of a line about one connection, about a group, and about a connection of that group."""
USUAL = frozenset("associates division employee family greater group holding services sons street".split())
"""Words of many names."""
SHORT = 5
"""In words of so few letters, two exchanged ones are not always recognized."""


class Context:
    """The part of Lambda's context that the receiver uses."""

    function_name = "bench"
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:bench"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


# ---------------------------------------------------------------- what is asked, and which answer is right


@dataclass(frozen=True)
class Kind:
    """A kind of search: the request that means a record, and whether the lines of an answer are about it."""

    name: str
    request: Callable[[Connection], dict[str, Any]]
    is_answered: Callable[[Connection, list[str]], bool]
    failed: bool = False
    """Whether only failed connections are meant."""


def _status(text: str) -> dict[str, Any]:
    return event(f"status {text}")


def _name(record: Connection) -> str:
    return record.group_name or ""


def _longest(record: Connection) -> str:
    return max((word for word in name_words(_name(record)) if word.isalpha()), key=len)


def _two_words(record: Connection) -> list[str]:
    """Two that distinguish it, as people type them."""
    words = [word for word in name_words(_name(record)) if word.isalpha() and word not in USUAL]
    return sorted(words, key=len)[-2:]


def misspelled(record: Connection) -> str:
    """The name with two letters exchanged in its longest word; in a short one, with one wrong letter."""
    words, word = words_in(_name(record)), _longest(record)
    at = next((index for index in range(len(word) // 2, len(word) - 1) if word[index] != word[index + 1]), 0)
    exchanged = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    wrong = exchanged if len(word) > SHORT else f"{word[:-1]}q"
    return " ".join(wrong if each == word else each for each in words)


def _rows(lines: list[str]) -> list[str]:
    """Those of a list, which name the group."""
    return [
        line for line in lines if line.startswith(GROUP) or (line.startswith(ROW) and " · " in line.removeprefix(ROW))
    ]


def _names_group(record: Connection, lines: list[str]) -> bool:
    """Whether its group is listed, or shown as a whole."""
    listed = any(line.startswith(f"{ROW}{_name(record)} · ") for line in lines)
    return listed or _is_title(record, lines) or f"{GROUP}{_name(record)}" in lines


def _is_title(record: Connection, lines: list[str]) -> bool:
    """Whether the answer is about its group, or about one connection of it."""
    return any(line == _name(record) or line.startswith(f"{_name(record)} · ") for line in lines)


def _all_begin(beginnings: list[str], lines: list[str]) -> bool:
    """Whether there are rows, each with words that begin so."""
    rows = [words_in(row) for row in _rows(lines)]
    return bool(rows) and all(any(word.startswith(each) for word in row) for row in rows for each in beginnings)


def _shows(record: Connection, lines: list[str]) -> bool:
    """Whether the connection itself is shown, and no list."""
    return _is_title(record, lines) and f"Carrier group id: {record.carrier_group_id}" in "\n".join(lines)


def _fits(record: Connection, lines: list[str], fact: str) -> bool:
    """Whether all that is shown has the two words and the fact. A single match is not shown as a list."""
    if not _rows(lines):
        return _shows(record, lines) and fact in "\n".join(lines)
    connections = [line for line in lines if line.startswith((ROW, MEMBER))]
    return _all_begin(_two_words(record), lines) and all(fact in connection for connection in connections)


def _suggests(record: Connection, lines: list[str]) -> bool:
    return any("Did you mean" in line for line in lines) and _names_group(record, lines)


KINDS = (
    Kind("exact name", lambda record: _status(_name(record)), _names_group),
    Kind(
        "part of a name",
        lambda record: _status(_longest(record)[:5]),
        lambda record, lines: _is_title(record, lines) or _all_begin([_longest(record)[:5]], lines),
    ),
    Kind(
        "several words",
        lambda record: _status(" ".join(_two_words(record))),
        lambda record, lines: _is_title(record, lines) or _all_begin(_two_words(record), lines),
    ),
    Kind("id", lambda record: _status(record.id), _shows),
    Kind("beginning of an id", lambda record: _status(record.id[:13]), _shows),
    Kind("leading zeros", lambda record: _status(f"000{record.carrier_group_id}"), _shows),
    Kind(
        "alias of a carrier",
        lambda record: _status(" ".join([*_two_words(record), search_data.alias(record.carrier_id)])),
        lambda record, lines: _fits(record, lines, LARGE.carriers[record.carrier_id]),
    ),
    Kind(
        "status in words",
        lambda record: _status(" ".join([*_two_words(record), "failed"])),
        lambda record, lines: _fits(record, lines, "Unable to connect"),
        failed=True,
    ),
    Kind("one typing error", lambda record: _status(misspelled(record)), _suggests),
    Kind(
        "nothing found",
        lambda record: _status(f"Qzx{record.id[:4]}vq Wyvernless"),
        lambda _, lines: "Nothing here matches" in lines[0],
    ),
    Kind(
        "options of the picker",
        lambda record: suggestion("pick_status", _name(record)),
        lambda record, lines: any(line.startswith(_name(record)[:30]) for line in lines),
    ),
    Kind(
        "list failed, a carrier",
        lambda record: event(f"list failed {search_data.alias(record.carrier_id)}"),
        lambda record, lines: _names_group(record, lines) or len(_rows(lines)) > 1,
        failed=True,
    ),
)


# ---------------------------------------------------------------- measuring


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.bench.search", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS, help="how many records are stored")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="measurements of each kind")
    parser.add_argument("--limit", type=float, default=TARGET, help="fail if a p99 is above these milliseconds")
    options = parser.parse_args()
    try:
        with DynamoDBLocal(starts_fast=False) as engine, Fakes() as fakes:
            _set_up(engine.endpoint, fakes.url)
            stored = _load(engine.endpoint, options.records)
            return _report(_measured(stored, options.requests), options.limit)
    except EngineUnavailable as error:
        raise SystemExit(f"The search was not measured. {error}.") from error


def _set_up(endpoint: str, slack: str) -> None:
    """The receiver reads the environment of this process."""
    os.environ.update(environment(slack))
    os.environ["AWS_ACCESS_KEY_ID"] = "madeup"  # The engine takes letters and digits only.
    os.environ.update({"TABLE_NAME": TABLE, "AWS_ENDPOINT_URL": endpoint})


def _load(endpoint: str, count: int) -> list[Connection]:
    now, started = int(time.time()), time.perf_counter()
    client = aws_client("dynamodb", region=REGION, endpoint_url=endpoint, timeouts=LOADING)
    create_table(client, name=TABLE)
    # Nobody reads the stream, and it takes a third of the time.
    client.update_table(TableName=TABLE, StreamSpecification={"StreamEnabled": False})
    carriers = CarriersFile().with_content(json.dumps(search_data.carriers()), "bench", now)
    repositories_on(client, TABLE, LOADING).carriers.save(CarriersFile(), carriers)
    stored = list(search_data.records(count, now))
    search_data.fill(client, TABLE, stored, now)
    print(f"{count:,} records stored in {time.perf_counter() - started:.0f} s", flush=True)
    return stored


def _measured(stored: list[Connection], requests: int) -> dict[str, list[float]]:
    """Milliseconds by kind. The kinds take turns; the first turn only connects and fills caches."""
    from handlers.slack import handler

    times: dict[str, list[float]] = {kind.name: [] for kind in KINDS}
    failed = [record for record in stored if record.status is ConnectionStatus.UNABLE_TO_CONNECT]
    for turn, number in enumerate(_spread(requests + 1)):
        for kind in KINDS:
            among = failed if kind.failed else stored
            record = among[int(number * len(among))]
            asked = kind.request(record)
            with contextlib.redirect_stdout(io.StringIO()) as log:
                started = time.perf_counter()
                answer = handler(asked, Context())
                milliseconds = (time.perf_counter() - started) * 1000
            if answer["statusCode"] != 200 or not kind.is_answered(record, _shown(answer["body"])):
                raise SystemExit(f"{kind.name}: wrong answer for “{record.group_name}”: {answer}\n{log.getvalue()}")
            if turn:
                times[kind.name].append(milliseconds)
    return times


def _spread(number: int) -> Iterator[float]:
    """Positions from 0 to less than 1."""
    return (each / number for each in range(number))


def _shown(body: str) -> list[str]:
    """The lines of the message or of the options. The message's text for notifications repeats its blocks."""
    answer = json.loads(body)
    return list(_lines(answer.get("blocks", answer)))


def _lines(shown: Any) -> Iterator[str]:
    """The lines of text in an answer of Slack's Block Kit."""
    if isinstance(shown, list):
        for each in shown:
            yield from _lines(each)
    elif isinstance(shown, dict) and shown.get("type") == "rich_text_section":
        yield from "".join(str(each.get("text", "")) for each in shown["elements"]).splitlines()
    elif isinstance(shown, dict):
        if isinstance(shown.get("text"), str):
            yield from shown["text"].splitlines()
        for each in shown.values():
            yield from _lines(each)


def _report(times: dict[str, list[float]], limit: float) -> int:
    worst = 0.0
    for kind, measured in times.items():
        p99 = sorted(measured)[math.ceil(0.99 * len(measured)) - 1]
        worst = max(worst, p99)
        met = "met" if p99 <= TARGET else "MISSED"
        print(f"p50 {statistics.median(measured):4.0f} ms  p99 {p99:4.0f} ms  {kind}; target {TARGET} ms: {met}")
    print(f"limit of this run: {limit:.0f} ms")
    return 0 if worst <= limit else 1


if __name__ == "__main__":
    sys.exit(main())
