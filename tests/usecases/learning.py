"""For tests of learning: Noyo's stand-in over real HTTP, and the ports of the table as plain dictionaries.

Moto copies the whole table at each transaction, so hundreds of records are learnt here; the real table has its own
tests, and `tests.world` puts both together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from bot.domain.cursors import Cursor, Parked
from bot.domain.news import News, NewsKind
from bot.domain.operations import Operation
from bot.domain.records import Disconnection, Record, is_open
from bot.domain.subjects import Kind, Subject
from bot.domain.tracking import Tracked
from bot.errors import RecordMoved
from bot.noyo.client import NoyoClient
from bot.ports import Change, ClientCredentials
from bot.secrets import Known
from bot.usecases.intake import Intake
from bot.usecases.observe import observe
from bot.usecases.poll import Report, Tools, poll
from infra.local.noyo import NoyoStandIn, Rules

START = 1_790_000_000
INTERVAL = 300
SWEEP = 24 * 3600


class Records:
    """`KeepsRecords`. `between` runs once before the next write, as another observer would."""

    def __init__(self) -> None:
        self.states: dict[Subject, Tracked] = {}
        self.versions: dict[Subject, dict[tuple[int, str], Record]] = {}
        self.told: list[News] = []
        self.between: Callable[[], object] | None = None

    def tracked(self, subject: Subject) -> Tracked | None:
        return self.states.get(subject)

    def tracked_many(self, wanted: Iterable[Subject]) -> dict[Subject, Tracked]:
        return {subject: self.states[subject] for subject in wanted if subject in self.states}

    def write(self, change: Change) -> None:
        act, self.between = self.between, None
        if act is not None:
            act()
        held = self.states.get(change.subject)
        revision = held.revision if held else 0
        if revision != (change.before.revision if change.before else 0):
            raise RecordMoved("moved")
        if change.after is not None:
            self.states[change.subject] = replace(change.after, revision=revision + 1)
        if change.version is not None:
            key = (change.version.modified, change.version.version)
            self.versions.setdefault(change.subject, {})[key] = change.version
        self.told += change.news

    def has_version(self, subject: Subject, record: Record) -> bool:
        return (record.modified, record.version) in self.versions.get(subject, {})

    def history(self, subject: Subject, *, since: int) -> list[Record]:
        return [one for key, one in sorted(self.versions[subject].items()) if key[0] >= since]

    def newest_modified(self, kind: Kind) -> tuple[int, Subject] | None:
        return max(
            (
                (held.record.modified, subject)
                for subject, held in self.states.items()
                if subject.kind is kind
            ),
            default=None,
        )

    def in_status(self, kind: Kind, status: str, *, limit: int) -> list[Subject]:
        held = [
            one for one in self.states.values() if one.subject.kind is kind and one.status.value == status
        ]
        return [one.subject for one in sorted(held, key=_order)][:limit]

    def open_subjects(self, kind: Kind) -> list[Subject]:
        return [one for one, held in self.states.items() if one.kind is kind and is_open(held.status)]

    def find(self, text: str, *, limit: int) -> list[Tracked]:
        raise NotImplementedError


def _order(tracked: Tracked) -> tuple[str, int]:
    record = tracked.record
    end = record.effective_end_date if isinstance(record, Disconnection) else None
    return (end.isoformat() if end else "9999-12-31", record.modified)


class NewsBook:
    """The part of `KeepsNews` that learning uses."""

    def __init__(self) -> None:
        self.put_once: dict[str, News] = {}

    def put(self, news: News) -> None:
        self.put_once.setdefault(news.id, news)


class Cursors:
    """`KeepsCursors`. `between` runs once before the next move, as another poll would."""

    def __init__(self) -> None:
        self.held: dict[Kind, Cursor] = {}
        self.rows: dict[tuple[Kind, str], Parked] = {}
        self.between: Callable[[], object] | None = None

    def cursor(self, kind: Kind) -> Cursor | None:
        return self.held.get(kind)

    def move(self, kind: Kind, cursor: Cursor) -> bool:
        act, self.between = self.between, None
        if act is not None:
            act()
        held = self.held.get(kind)
        if (held.revision if held else 0) != cursor.revision:
            return False
        self.held[kind] = replace(cursor, revision=cursor.revision + 1)
        return True

    def park(self, kind: Kind, parked: Parked) -> bool:
        return self.rows.setdefault((kind, parked.row_id), parked) is parked

    def unpark(self, kind: Kind, row_id: str) -> None:
        self.rows.pop((kind, row_id), None)

    def parked(self, kind: Kind) -> list[Parked]:
        return [parked for (of, _), parked in self.rows.items() if of is kind]


class OpenOperations:
    """The part of `KeepsOperations` that learning uses."""

    def __init__(self) -> None:
        self.open: dict[Subject, Operation] = {}

    def open_on(self, subject: Subject) -> Operation | None:
        return self.open.get(subject)


class Learner:
    """A Switchboard that only learns: `with Learner() as learner: learner.poll()`."""

    def __init__(self, *, rules: Rules | None = None) -> None:
        self.now = float(START)
        self.noyo = NoyoStandIn(clock=lambda: self.now, rules=rules or Rules(settle_script=None))
        self.records, self.news, self.cursors = Records(), NewsBook(), Cursors()
        self.operations = OpenOperations()
        self.time_runs = False

    def __enter__(self) -> Self:
        self.noyo.start()
        self.client = NoyoClient(
            api_url=self.noyo.api_url,
            token_url=self.noyo.token_url,
            credentials=Known(ClientCredentials("client", "secret")),
            timeout_seconds=5,
            clock=lambda: self.now,
            sleep=self.wait,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.noyo.stop()

    def wait(self, seconds: float = INTERVAL) -> None:
        self.now += seconds

    def poll(self, kind: Kind = Kind.CONNECTION, *, seconds: float = 60) -> Report:
        """One poll; `seconds` 0: its deadline has come when it begins."""
        return poll(kind, self.tools(seconds))

    def begin(self) -> None:
        """The first run of both lists."""
        self.poll(Kind.CONNECTION)
        self.poll(Kind.DISCONNECTION)

    def tools(self, seconds: float = 60) -> Tools:
        ports: Any = {
            "noyo": self.client,
            "records": self.records,
            "operations": self.operations,
            "news": self.news,
            "cursors": self.cursors,
        }
        return Tools(
            clock=lambda: self.now,
            interval_seconds=INTERVAL,
            sweep_seconds=SWEEP,
            deadline=self.now + seconds,
            **ports,
        )

    def intake(self, kind: Kind = Kind.CONNECTION, *, seconds: float = 60) -> Intake:
        """What a run of its own would take rows in with."""
        return Intake(kind, self.cursors.held.get(kind) or Cursor(born=START), self.tools(seconds))

    def observe(self, record: Record, *, silent: bool = False) -> bool:
        operations: Any = self.operations
        return observe(
            record,
            records=self.records,
            operations=operations,
            noyo=self.client,
            now=int(self.now),
            silent=silent,
        )

    # ---------------------------------------------------------------- Noyo's side

    def add(self, number: int, *, every: int = 60, **fields: Any) -> list[str]:
        """So many connections, the newest an hour old, each `every` seconds older than the one before."""
        first = int(self.now) - 3600
        return [
            self.noyo.add_connection(**{"created": first - index * every, "status": "processing", **fields})[
                "id"
            ]
            for index in range(number)
        ]

    def waits_for_us(self, end: str | None, **fields: Any) -> str:
        """A request to disconnect that a carrier made an hour ago."""
        made = self.noyo.carrier_asks_disconnection(
            carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4",
            group_id="5e5e5e5e-0000-4000-8000-000000000001",
            group_name="Test Company",
            effective_end_date=end,
            **{"created": int(self.now) - 3600, **fields},
        )
        return str(made["id"])

    def lists(self) -> int:
        """How many pages of lists were asked for so far."""
        return sum(one.path.endswith(("/group_connections", "_requests")) for one in self.noyo.requests)

    # ---------------------------------------------------------------- what was learnt

    def held(self, record_id: str, kind: Kind = Kind.CONNECTION) -> Tracked:
        return self.records.states[Subject(kind, record_id)]

    def status(self, record_id: str) -> str:
        return self.held(record_id).status.value

    def told(self, record_id: str | None = None) -> list[str]:
        """The changes told, in order: the status each led to, `late …` for one that came late."""
        return [
            f"late {news.after}" if news.kind is NewsKind.LATE else str(news.after)
            for news in self.records.told
            if record_id in (None, news.subject.key)
        ]
