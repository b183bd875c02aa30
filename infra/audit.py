"""Exports the audit log of a period as JSON lines: `make audit FROM=… TO=…`.

An export is complete and free of duplicates, or it says that it is not. The bot may write entries while the export
reads, so entries of the last ten minutes are left to a later run. If the table stops answering, the status is not 0.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TextIO

from bot.domain.people import AuditEntry
from bot.dynamodb import TimeoutPolicy, aws_client, repositories_on
from bot.errors import StorageError
from bot.usecases.ports.storage import AuditRepository

COMPLETE, INCOMPLETE, USAGE_ERROR = 0, 1, 2
SETTLED_SECONDS = 600
"""An entry has the time at which its action began; its worker may run for five minutes, and the index lags behind."""
TIMEOUTS = TimeoutPolicy(connect=5, read=20, total=300)
REQUIRED_VARIABLES = ("TABLE_NAME", "AWS_REGION")

Clock = Callable[[], float]


def main(
    arguments: Sequence[str],
    environ: Mapping[str, str] = os.environ,
    *,
    out: TextIO | None = None,
    messages: TextIO | None = None,
    clock: Clock = time.time,
    connect: Callable[[Mapping[str, str]], AuditRepository] | None = None,
) -> int:
    """Prints the entries to `out` and remarks to `messages`. Returns the exit status."""
    out, messages = out or sys.stdout, messages or sys.stderr
    period = _parser().parse_args(arguments)
    missing = [name for name in REQUIRED_VARIABLES if not environ.get(name)]
    faults = [f"{name} is missing" for name in missing]
    if period.last < period.first:
        faults.append("the last day is before the first")
    if faults:
        print(f"Nothing was exported: {'; '.join(faults)}.", file=messages)
        return USAGE_ERROR
    return _export((connect or _connect)(environ), period.first, period.last, int(clock()), out, messages)


def _export(log: AuditRepository, first: date, last: date, now: int, out: TextIO, messages: TextIO) -> int:
    until, count = now - SETTLED_SECONDS, 0
    try:
        for entry in entries(log, first, last, until):
            print(json.dumps(as_json(entry), ensure_ascii=False), file=out)
            count += 1
    except StorageError as error:
        print(f"Incomplete: stopped after {count} entries. {error}", file=messages)
        return INCOMPLETE
    print(f"{count} entries from {first} to {last} (UTC){_completeness(last, until)}.", file=messages)
    return COMPLETE


def entries(log: AuditRepository, first: date, last: date, until: int) -> Iterator[AuditEntry]:
    """The entries of all these days that are older than `until`, oldest first."""
    day = first
    while day <= last:
        yield from log.of_day(day, before=until)
        day += timedelta(days=1)


def as_json(entry: AuditEntry) -> dict[str, Any]:
    """The fields as the README documents them."""
    return {
        "id": entry.id,
        "at": datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "actor": entry.actor,
        "action": entry.action,
        "entity": str(entry.entity),
        "source": entry.origin.source,
        "channel": entry.origin.channel_id,
        "details": dict(entry.details),
    }


def _completeness(last: date, until: int) -> str:
    settled = datetime.fromtimestamp(until, UTC)
    if settled.date() > last:
        return ", complete"
    return f", complete up to {settled:%Y-%m-%d %H:%M:%S}; a later run exports newer entries"


def _connect(environ: Mapping[str, str]) -> AuditRepository:
    endpoint_url = environ.get("AWS_ENDPOINT_URL") or None
    client = aws_client("dynamodb", region=environ["AWS_REGION"], endpoint_url=endpoint_url, timeouts=TIMEOUTS)
    return repositories_on(client, environ["TABLE_NAME"], TIMEOUTS).audit


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.audit", description="Prints the audit log of some days (UTC) as JSON lines, oldest first."
    )
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
