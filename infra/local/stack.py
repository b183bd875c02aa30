"""infra/local: the whole machine: stand-ins, table, door, pump and schedules around the very handlers AWS calls."""

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from infra.local import environment
from infra.local.aws.embedded import EmbeddedAws, aws_client
from infra.local.aws.functions import read_functions
from infra.local.aws.invocation import Activity, Crash, Handler
from infra.local.aws.runtime import Intervals, Runtime
from infra.local.aws.table import TEMPLATE, create_table
from infra.local.noyo import NoyoFake
from infra.local.slack import SlackFake

SLACK_PATH = "/slack/events"
WEBHOOK_PATH = "/noyo/webhook"
DEMO_INTERVALS = Intervals(schedules=1.0, stream=0.1, retries=0.2)
PENDING_KINDS = ("OPERATION", "NEWS")
HORIZON_SECONDS = 900
"""What is due later is a reminder, not work under way."""


class LocalStack:
    """`with Machine() as machine:`; people act on `machine.slack`, Noyo and the carriers on `machine.noyo`.

    `handlers` are those to call by the template's names (`handlers.slack.handler`); None imports the project's.
    `more` adds to the environment; `table_endpoint` is another DynamoDB for the table.
    """

    def __init__(
        self,
        *,
        handlers: Mapping[str, Handler] | None = None,
        more: Mapping[str, str] | None = None,
        table_endpoint: str | None = None,
        template: Path = TEMPLATE,
        pace: Intervals = DEMO_INTERVALS,
        slack: SlackFake | None = None,
        noyo: NoyoFake | None = None,
        troubled: Callable[[str], None] | None = None,
    ) -> None:
        self._handlers, self._more, self._table_endpoint = handlers, more, table_endpoint
        self._template, self._pace = template, pace
        self._stack = ExitStack()
        self._activity = Activity(self._crashed)
        self._said = troubled or _say
        self.problems: list[str] = []
        self.aws = EmbeddedAws()
        self.slack = slack or SlackFake(
            signing_secret=environment.SIGNING_SECRET,
            bot_token=environment.BOT_TOKEN,
            team_id=environment.TEAM,
            app_id=environment.APP,
        )
        self.noyo = noyo or NoyoFake(client_id=environment.CLIENT_ID, client_secret=environment.CLIENT_SECRET)
        self.table_name = self.slack_url = ""

    def start(self) -> Self:
        with ExitStack() as stack:
            self._build(stack)
            self._stack = stack.pop_all()
        return self

    def stop(self) -> None:
        """Idempotent."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def crashes(self) -> list[Crash]:
        """Every handler that raised so far."""
        return list(self._activity.crashes)

    def settle(self, timeout: float, quiet: float = 0.5) -> bool:
        """Waits until nothing is under way or soon due, twice in a row; False where it was not so in time.

        It knows what is in the table: what Noyo has not told yet is not waited for.
        """
        end = time.monotonic() + timeout
        calm_since: float | None = None
        while time.monotonic() < end:
            if self._waiting():
                calm_since = None
            else:
                calm_since = calm_since or time.monotonic()
                if time.monotonic() - calm_since >= quiet:
                    return True
            time.sleep(0.05)
        return False

    def due(self, within: float = HORIZON_SECONDS) -> list[str]:
        """Partition keys of the operations and news that want attention within so many seconds."""
        until = str(int(time.time() + within))
        return [row["pk"]["S"] for kind in PENDING_KINDS for row in self._due(kind, until)]

    def table_client(self) -> Any:
        """A botocore client for the engine that holds the table."""
        return aws_client("dynamodb", self._table_endpoint or self.aws.endpoint_url)

    def _waiting(self) -> bool:
        return self._activity.event_driven > 0 or bool(self.due())

    def _due(self, kind: str, until: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._table.query(
            TableName=self.table_name,
            IndexName="due",
            KeyConditionExpression="due_kind = :kind AND due <= :until",
            ExpressionAttributeValues={":kind": {"S": kind}, ":until": {"N": until}},
        )["Items"]
        return rows

    def _build(self, stack: ExitStack) -> None:
        for part in (self.aws, self.slack, self.noyo):
            stack.enter_context(part)
        self._open_channels()
        self._table = self.table_client()
        stack.callback(self._table.close)
        kms_key = self._create(stack)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="switchboard-")))
        at = environment.Addresses(
            slack=self.slack.url,
            noyo_api=self.noyo.api_url,
            noyo_token=self.noyo.token_url,
            aws=self.aws.endpoint_url,
            table=self.table_name,
            kms_key=kms_key,
            carriers_file=environment.write_carriers(folder),
            dynamodb=self._table_endpoint,
            secrets=self.aws.store_secrets(environment.SECRETS),
        )
        stack.enter_context(environment.replaced_environ(environment.bot_environment(at, self._more)))
        discard_deployment()
        stack.callback(discard_deployment)
        self._serve(stack)

    def _create(self, stack: ExitStack) -> str:
        """The table, wherever it is to be; the key's id."""
        if self._table_endpoint is None:
            self.table_name, kms_key = self.aws.create_table_and_key(self._template)
            return kms_key
        self.table_name = f"switchboard-{time.time_ns()}"
        create_table(self._table, self._template, self.table_name)
        stack.callback(self._table.delete_table, TableName=self.table_name)
        return self.aws.create_key()

    def _serve(self, stack: ExitStack) -> None:
        streams = aws_client("dynamodbstreams", self._table_endpoint or self.aws.endpoint_url)
        stack.callback(streams.close)
        runtime = Runtime(
            read_functions(self._template),
            streams=streams,
            stream_arn=self._table.describe_table(TableName=self.table_name)["Table"]["LatestStreamArn"],
            handlers=self._handlers,
            pace=self._pace,
            activity=self._activity,
            troubled=self._troubled,
        )
        build_deployment()
        stack.enter_context(runtime)
        self.slack_url = runtime.url + SLACK_PATH
        self.slack.bot_url = self.slack_url
        if any(route.path == WEBHOOK_PATH for function in runtime.functions for route in function.routes):
            self.noyo.send_webhooks(runtime.url + WEBHOOK_PATH, environment.WEBHOOK_SECRET)

    def _open_channels(self) -> None:
        self.slack.add_channel(environment.CONNECTIONS, "connections")
        self.slack.add_channel(environment.ALERTS, "connection-alerts")
        self.slack.add_channel(environment.DECISIONS, "disconnections")

    def _crashed(self, crash: Crash) -> None:
        self._troubled(f"{crash.function} raised {type(crash.error).__name__}: {crash.error}")

    def _troubled(self, what: str) -> None:
        self.problems.append(what)
        self._said(what)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def build_deployment() -> None:
    """Before several threads come for it at once, as never happens in Lambda, and one of two is lost unclosed."""
    if "bot.bootstrap" in sys.modules:
        _ = _built().noyo


def discard_deployment() -> None:
    """The handlers keep what they built from an environment; another environment wants it built anew."""
    wiring = sys.modules.get("bot.bootstrap")
    if wiring is None or not wiring.deployment.cache_info().currsize:
        return
    if "noyo" in vars(_built()):  # It is built on first use.
        _built().noyo.close()
    wiring.deployment.cache_clear()


def _built() -> Any:
    """What the functions that speak with Noyo share."""
    wiring = sys.modules["bot.bootstrap"]
    return wiring.deployment(wiring.Purpose.NOYO_CLIENT)
