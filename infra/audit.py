"""infra: `make audit FROM=… TO=…`: the audit trail of a period, for whoever has to show it.

They need all of it and nothing twice, or to be told that it is not all. What can go wrong: an entry is written while
they read, or the table answers no more halfway. So what is younger than ten minutes is left to a later run, which gives
what was younger then; and an export that broke off ends with another status than 0.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TextIO

from bot.domain.audit import AuditEntry
from bot.dynamodb import TimeoutPolicy, open_repositories
from bot.errors import StorageError
from bot.usecases.ports.storage import AuditRepository

COMPLETE, BROKEN_OFF, MISUSED = 0, 1, 2
SETTLED_SECONDS = 600
"""An entry bears the time at which its deed began, and its worker may run for five minutes; then the index follows."""
PATIENCE = TimeoutPolicy(connect=5, read=20, total=300)
NEEDED = ("TABLE_NAME", "AWS_REGION")

Clock = Callable[[], float]


def main(
    arguments: Sequence[str],
    environ: Mapping[str, str] = os.environ,
    *,
    out: TextIO | None = None,
    told: TextIO | None = None,
    clock: Clock = time.time,
    opened: Callable[[Mapping[str, str]], AuditRepository] | None = None,
) -> int:
    """Prints the entries to `out`, and what is to be said about them to `told`; a status for the shell."""
    out, told = out or sys.stdout, told or sys.stderr
    asked = _parser().parse_args(arguments)
    missing = [name for name in NEEDED if not environ.get(name)]
    faults = [f"{name} is missing" for name in missing]
    if asked.last < asked.first:
        faults.append("the last day lies before the first")
    if faults:
        print(f"Nothing was exported: {'; '.join(faults)}.", file=told)
        return MISUSED
    return _export((opened or _open)(environ), asked.first, asked.last, int(clock()), out, told)


def _export(trail: AuditRepository, first: date, last: date, now: int, out: TextIO, told: TextIO) -> int:
    until, count = now - SETTLED_SECONDS, 0
    try:
        for entry in entries(trail, first, last, until):
            print(json.dumps(as_json(entry), ensure_ascii=False), file=out)
            count += 1
    except StorageError as error:
        print(f"Broken off after {count} entries, so this is not all: {error}", file=told)
        return BROKEN_OFF
    print(f"{count} entries from {first} to {last} (UTC){_tail(last, until)}.", file=told)
    return COMPLETE


def entries(trail: AuditRepository, first: date, last: date, until: int) -> Iterator[AuditEntry]:
    """Those of all these days and older than `until`, oldest first."""
    day = first
    while day <= last:
        yield from trail.of_day(day, before=until)
        day += timedelta(days=1)


def as_json(entry: AuditEntry) -> dict[str, Any]:
    """The fields as README explains them."""
    return {
        "id": entry.id,
        "at": datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "who": entry.actor,
        "action": entry.action,
        "about": str(entry.entity),
        "way": entry.origin.source,
        "channel": entry.origin.channel_id,
        "details": dict(entry.details),
    }


def _tail(last: date, until: int) -> str:
    settled = datetime.fromtimestamp(until, UTC)
    if settled.date() > last:
        return ", complete"
    return f", complete to {settled:%Y-%m-%d %H:%M:%S}; what is younger is left to a later run"


def _open(environ: Mapping[str, str]) -> AuditRepository:
    return open_repositories(
        table=environ["TABLE_NAME"],
        region=environ["AWS_REGION"],
        endpoint_url=environ.get("AWS_ENDPOINT_URL") or None,
        timeouts=PATIENCE,
    ).audit


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.audit",
        description="The audit trail of some days (UTC) as JSON lines, oldest first.",
    )
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
