"""The local stack: the Slack and Noyo fakes, the embedded AWS and the handlers that run on Lambda, connected."""

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from infra.local import environment
from infra.local.aws.api_gateway import Integration
from infra.local.aws.embedded import EmbeddedAws, aws_client
from infra.local.aws.functions import Route, read_functions
from infra.local.aws.invocation import Activity, Crash, Handler
from infra.local.aws.runtime import Intervals, Runtime
from infra.local.aws.table import TEMPLATE, create_table
from infra.local.noyo import NoyoFake
from infra.local.slack import SlackFake

SLACK_PATH = "/slack/events"
WEBHOOK_PATH = "/noyo/webhook"
DEMO_INTERVALS = Intervals(schedules=1.0, stream=0.1, retries=0.2)
PENDING_KINDS = ("OPERATION", "OUTBOX")
HORIZON_SECONDS = 900
"""`settle` waits for what is due within this time; what is due later is a reminder."""
LOG_LIMIT = 2000
"""How many calls and requests each fake remembers at least."""
FAR_FUTURE = "9" * 11
"""Later than any due time (Unix seconds)."""


class LocalStack:
    """Runs between `start` and `stop`; users act on `slack`, Noyo and the carriers on `noyo`.

    `handlers` are keyed by their names in the template (`handlers.slack.handler`); None imports the project's.
    `extra_settings` add to the environment, `carriers` are names or details by id, and `table_endpoint`
    puts the table on another DynamoDB. `prepare` is called when everything but the functions runs, in the bot's
    environment.
    """

    def __init__(
        self,
        *,
        handlers: Mapping[str, Handler] | None = None,
        extra_settings: Mapping[str, str] | None = None,
        carriers: Mapping[str, Any] = environment.CARRIERS,
        table_endpoint: str | None = None,
        template: Path = TEMPLATE,
        prepare: Callable[["LocalStack"], object] | None = None,
        intervals: Intervals = DEMO_INTERVALS,
        clock: Callable[[], float] = time.time,
        on_problem: Callable[[str], object] | None = None,
    ) -> None:
        self._handlers, self._extra_settings, self._table_endpoint = handlers, extra_settings, table_endpoint
        self._template, self._intervals, self._clock = template, intervals, clock
        self._carriers, self._prepare = carriers, prepare
        self._open = ExitStack()
        self._activity = Activity(self._record_crash)
        self._on_problem = on_problem or _print_problem
        self.problems: list[str] = []
        self.kill_next_writer = threading.Event()
        """Once set, the next worker that writes to Noyo is killed after Noyo's answer."""
        self.aws = EmbeddedAws()
        self.slack = SlackFake(
            signing_secret=environment.SIGNING_SECRET,
            bot_token=environment.BOT_TOKEN,
            team_id=environment.TEAM,
            app_id=environment.APP,
            clock=clock,
            log_limit=LOG_LIMIT,
        )
        self.noyo = NoyoFake(
            clock=clock, client_id=environment.CLIENT_ID, client_secret=environment.CLIENT_SECRET, log_limit=LOG_LIMIT
        )
        self.table_name = self.slack_url = ""
        self.routes: Mapping[Route, Integration] = {}
        """The functions behind the API Gateway, once the stack has started."""

    def start(self) -> Self:
        with ExitStack() as opening:
            self._start_parts(opening)
            self._open = opening.pop_all()
        return self

    def stop(self) -> None:
        """Idempotent."""
        self._open.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def crashes(self) -> list[Crash]:
        """Every handler call that raised so far."""
        return list(self._activity.crashes)

    def settle(
        self,
        timeout: float,
        quiet: float = 0.5,
        within: float = HORIZON_SECONDS,
        stopping: threading.Event | None = None,
    ) -> bool:
        """Waits until nothing runs, or is due `within` so many seconds, for `quiet` seconds.

        Returns False after `timeout` seconds, or once `stopping` is set. Changes at Noyo that the bot has not read
        yet are not waited for.
        """
        end = time.monotonic() + timeout
        quiet_since: float | None = None
        while time.monotonic() < end and not (stopping is not None and stopping.is_set()):
            if self._activity.event_driven > 0 or self.due(within):
                quiet_since = None
            else:
                quiet_since = quiet_since or time.monotonic()
                if time.monotonic() - quiet_since >= quiet:
                    return True
            time.sleep(0.05)
        return False

    def due(self, within: float = HORIZON_SECONDS) -> list[str]:
        """Partition keys of the operations and events that are due within so many seconds."""
        until = str(int(self._clock() + within))
        return [row["pk"]["S"] for kind in PENDING_KINDS for row in self._due_rows(kind, until)]

    def next_due(self) -> float | None:
        """When the next operation or event is due (Unix seconds); None if nothing waits."""
        rows = [row for kind in PENDING_KINDS for row in self._due_rows(kind, FAR_FUTURE, Limit=1)]
        return min((float(row["due"]["N"]) for row in rows), default=None)

    def run_schedules(self) -> None:
        """Calls each scheduled function once, and returns when all have finished."""
        self._runtime.run_schedules()

    def begin_nothing(self) -> None:
        """From now on, functions have no time left when they are called."""
        self._activity.ending = True

    def table_client(self) -> Any:
        """A botocore client for the DynamoDB that holds the table."""
        return aws_client("dynamodb", self._table_endpoint or self.aws.endpoint_url)

    def items(self, prefix: str) -> list[dict[str, Any]]:
        """All items whose partition key begins so, as DynamoDB's typed JSON."""
        if self._table_endpoint is None:
            from infra.local.aws.direct import items_of  # Importing moto takes about a second.

            return items_of(self.table_name, prefix)
        pages = self._table.get_paginator("scan").paginate(
            TableName=self.table_name,
            FilterExpression="begins_with(pk, :prefix)",
            ExpressionAttributeValues={":prefix": {"S": prefix}},
        )
        return [item for page in pages for item in page["Items"]]

    @property
    def ports(self) -> dict[str, int]:
        """The port of each part's server."""
        urls = {"Bot": self.slack_url, "Slack": self.slack.url, "Noyo": self.noyo.api_url, "AWS": self.aws.endpoint_url}
        return {name: urlsplit(url).port or 0 for name, url in urls.items()}

    def _due_rows(self, kind: str, until: str, **parameters: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._table.query(
            TableName=self.table_name,
            IndexName="due",
            KeyConditionExpression="due_kind = :kind AND due <= :until",
            ExpressionAttributeValues={":kind": {"S": kind}, ":until": {"N": until}},
            **parameters,
        )["Items"]
        return rows

    def _start_parts(self, opening: ExitStack) -> None:
        for part in (self.aws, self.slack, self.noyo):
            opening.enter_context(part)
        self._add_channels()
        self._table = self.table_client()
        opening.callback(self._table.close)
        kms_key = self._create_table_and_key(opening)
        folder = Path(opening.enter_context(tempfile.TemporaryDirectory(prefix="switchboard-")))
        addresses = environment.Addresses(
            slack=self.slack.url,
            noyo_api=self.noyo.api_url,
            noyo_token=self.noyo.token_url,
            aws=self.aws.endpoint_url,
            table=self.table_name,
            kms_key=kms_key,
            carriers_file=environment.write_carriers(folder, self._carriers),
            dynamodb=self._table_endpoint,
            secrets=self.aws.store_secrets(environment.SECRETS),
        )
        variables = environment.bot_environment(addresses, self._extra_settings)
        opening.enter_context(environment.replaced_environ(variables))
        discard_deployment()
        opening.callback(discard_deployment)
        if self._handlers is None:
            replaced = import_module("infra.local.deployment").replaced_deployment
            opening.enter_context(replaced(self._clock, self.kill_next_writer))
        if self._prepare is not None:
            self._prepare(self)
        if self._handlers is None:
            _read_carriers()
        self._start_runtime(opening)

    def _create_table_and_key(self, opening: ExitStack) -> str:
        """Creates the table on its DynamoDB. Returns the id of the KMS key."""
        if self._table_endpoint is None:
            self.table_name, kms_key = self.aws.create_table_and_key(self._template)
            return kms_key
        self.table_name = f"switchboard-{time.time_ns()}"
        create_table(self._table, self._template, self.table_name)
        opening.callback(self._table.delete_table, TableName=self.table_name)
        return self.aws.create_key()

    def _start_runtime(self, opening: ExitStack) -> None:
        streams = aws_client("dynamodbstreams", self._table_endpoint or self.aws.endpoint_url)
        opening.callback(streams.close)
        runtime = self._runtime = Runtime(
            read_functions(self._template),
            streams=streams,
            stream_arn=self._table.describe_table(TableName=self.table_name)["Table"]["LatestStreamArn"],
            handlers=self._handlers,
            intervals=self._intervals,
            activity=self._activity,
            on_problem=self._record_problem,
        )
        build_deployment()
        opening.enter_context(runtime)
        self.routes = runtime.routes
        self.slack_url = self.slack.bot_url = runtime.url + SLACK_PATH
        if any(route.path == WEBHOOK_PATH for function in runtime.functions for route in function.routes):
            self.noyo.send_webhooks(runtime.url + WEBHOOK_PATH, environment.WEBHOOK_SECRET)

    def _add_channels(self) -> None:
        self.slack.add_channel(environment.CONNECTIONS, "connections")
        self.slack.add_channel(environment.ALERTS, "connection-alerts")
        self.slack.add_channel(environment.DECISIONS, "disconnections")

    def _record_crash(self, crash: Crash) -> None:
        self._record_problem(f"{crash.function} raised {type(crash.error).__name__}: {crash.error}")

    def _record_problem(self, problem: str) -> None:
        self.problems.append(problem)
        self._on_problem(problem)


def _print_problem(problem: str) -> None:
    print(problem, file=sys.stderr, flush=True)


def _read_carriers() -> None:
    """What the first scheduled run does, so that the first command shows names."""
    bootstrap = import_module("bot.bootstrap")
    deps = bootstrap.deployment(bootstrap.Purpose.SLACK_BOT).slack_dependencies
    deps.carriers.reread(deps.carriers_source)


def build_deployment() -> None:
    """Builds what the functions share before several threads need it at once, which does not happen on Lambda."""
    if "bot.bootstrap" in sys.modules:
        _ = _deployment().noyo


def discard_deployment() -> None:
    """Discards what the handlers built from a previous environment."""
    bootstrap = sys.modules.get("bot.bootstrap")
    if bootstrap is None or not bootstrap.deployment.cache_info().currsize:
        return
    if "noyo" in vars(_deployment()):  # built on first use
        _deployment().noyo.session.close()
    bootstrap.deployment.cache_clear()


def _deployment() -> Any:
    """What the functions that call Noyo share."""
    bootstrap = sys.modules["bot.bootstrap"]
    return bootstrap.deployment(bootstrap.Purpose.NOYO_CLIENT)
