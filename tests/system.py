"""For tests: a whole Switchboard in this process, on a clock that the test moves.

The table is moto's, in process; Noyo and Slack are fakes, over real HTTP; `bootstrap` builds what runs.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb.models import dynamodb_backends

from bot.bootstrap import Deployment
from bot.domain.operations import Operation
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind, EntityRef
from bot.settings import Purpose, read_settings
from bot.usecases.admin.authorization import refresh_group_members
from bot.usecases.admin.grant_audit import audit_grants
from bot.usecases.admin.pause import record_mode
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.morning_summary import schedule_daily_messages
from bot.usecases.notifications.publish import publish
from bot.usecases.operations.execute import execute
from bot.usecases.records.poll import KINDS, poll
from bot.usecases.workers import due_operations
from infra.local import environment as local
from infra.local.aws.api_gateway import ApiGateway, Integration
from infra.local.aws.functions import Route
from infra.local.aws.stream_records import lambda_record
from infra.local.aws.table import create_table
from infra.local.noyo import NoyoFake, Rules
from infra.local.slack import Limits, SlackFake
from tests.aws import REGION, aws_here, worker_client
from tests.aws_calls import acting

START = 1_790_000_000
ANA, BEN, GUS = "U0ANA", "U0BEN", "U0GUEST"
GUARDIAN = local.GUARDIAN
CONNECTIONS, ALERTS, DECISIONS = local.CONNECTIONS, local.ALERTS, local.DECISIONS
STEP = 5
"""Seconds between two scheduled runs in `settle`."""
_TABLES = itertools.count(1)


class VirtualClock:
    """Time that passes only when somebody says so; waiting makes it pass."""

    def __init__(self, now: float = START) -> None:
        self.now = float(now)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class InProcessDeployment(Deployment):
    """A deployment with shared botocore clients, because moto intercepts only those and they are slow to create."""

    def receiver_client(self, service: str) -> Any:
        return worker_client(service)

    def worker_client(self, service: str) -> Any:
        return worker_client(service)

    @property
    def repositories(self) -> Dependencies:
        """The repositories of the workers."""
        return self.worker_dependencies


class System:
    """Start it with `with System() as system`; people are Ana and Ben (full members) and Gus (a guest)."""

    def __init__(
        self, *, rules: Rules | None = None, limits: Limits | None = None, streams: bool = False, **variables: str
    ) -> None:
        """`streams`: the table's stream is kept, so that tests can read it."""
        self.clock = VirtualClock()
        self._streams = streams
        self._rules = rules or Rules(settle_script=None)
        self._limits = limits or Limits(message_burst=10_000, updates_per_minute=100_000)
        self._variables = variables
        self._open = ExitStack()

    def __enter__(self) -> Self:
        key = self._open.enter_context(aws_here())
        table = self._table()
        self.noyo = self._open.enter_context(NoyoFake(clock=self.clock, rules=self._rules))
        self.slack = self._open.enter_context(SlackFake(clock=self.clock, limits=self._limits))
        self._people_and_channels()
        self.settings = read_settings(self._environment(table, key))
        self.bot = self._process()
        self.reread_carriers()
        route = Route("POST", "/slack/events")
        webhooks = Route("POST", "/noyo/webhook")
        gateway = ApiGateway({route: Integration(self._slack, 10), webhooks: Integration(self._noyo, 10)})
        self._open.enter_context(gateway)
        self.slack.bot_url = f"{gateway.url}/slack/events"
        self.webhook_url = f"{gateway.url}/noyo/webhook"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_process()
        self._open.__exit__(kind, error, trace)

    def restart(self) -> None:
        """A new process: nothing is remembered but what the table holds."""
        self._end_process()
        self.bot = self._process()

    # ---------------------------------------------------------------- time, and the workers

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def execute_due(self) -> None:
        """The worker that writes to Noyo runs once over everything due."""
        deps = self.bot.noyo_dependencies
        with acting("ExecuteOperationsFunction"):
            record_mode(deps)
            for operation_id in due_operations(deps):
                execute(operation_id, deps)

    def notify(self) -> None:
        """The worker that posts to Slack runs once over everything due."""
        deps = self.bot.slack_dependencies
        with acting("NotifyFunction"):
            deps.carriers.refresh()
            schedule_daily_messages(deps)
            for event_id in deps.outbox.due(deps.now(), limit=1000):
                publish(event_id, deps)
            refresh_group_members(deps)
            audit_grants(deps)

    def reread_carriers(self) -> None:
        """The worker that posts to Slack reads the carriers file, as it does each minute."""
        deps = self.bot.slack_dependencies
        with acting("NotifyFunction"):
            deps.carriers.reread(deps.carriers_source)

    def poll(self) -> None:
        with acting("PollFunction"):
            deps = replace(self.bot.noyo_dependencies, poll_deadline=self.clock() + 60)
            for kind in KINDS:
                poll(kind, deps)

    def _slack(self, event: dict[str, Any]) -> dict[str, Any]:
        """The receiver; called by a thread of the gateway."""
        with acting("SlackFunction"):
            return self.bot.slack_endpoint.handle(event)

    def _noyo(self, event: dict[str, Any]) -> dict[str, Any]:
        with acting("NoyoWebhookFunction"):
            return self.bot.webhook_endpoint.handle(event)

    def check_health(self) -> None:
        """Each worker runs its health checks if they are due."""
        with acting("NotifyFunction"):
            self.bot.check_slack()
        with acting("PollFunction"):
            self.bot.check_noyo()

    def settle(self, seconds: int = 120) -> None:
        """Everything runs by its schedule for so long."""
        for _ in range(0, seconds, STEP):
            self.noyo.deliver_webhooks()
            self.execute_due()
            self.poll()
            self.notify()
            self.wait(STEP)
        self.notify()

    def start_webhooks(self) -> None:
        """Noyo sends webhooks from now on; `settle` or `noyo.deliver_webhooks` delivers them."""
        self.noyo.send_webhooks(self.webhook_url, local.WEBHOOK_SECRET, automatic=False)

    def replace_secret(self, purpose: Purpose, **parts: object) -> None:
        """Somebody puts another value into Secrets Manager."""
        worker_client("secretsmanager").put_secret_value(
            SecretId=self.settings.secrets[purpose].id, SecretString=json.dumps(parts)
        )

    # ---------------------------------------------------------------- current state

    def connection_record_state(self, connection_id: str) -> RecordState:
        record_state = self.bot.repositories.records.record_state(EntityRef(EntityKind.CONNECTION, connection_id))
        assert record_state is not None
        return record_state

    def operation(self, operation_id: str) -> Operation:
        operation = self.bot.repositories.operations.operation(operation_id)
        assert operation is not None
        return operation

    def open_operations(self) -> list[str]:
        """Ids of the operations that are not settled, however far in the future they are due."""
        operations, ever = self.bot.repositories.operations, int(self.clock()) + 10**9
        return [*operations.due(ever, limit=1000), *operations.due_refreshes(ever, limit=1000)]

    def writes(self) -> list[Any]:
        """What Noyo was asked to change, in order."""
        return [seen for seen in self.noyo.requests if seen.method != "GET" and seen.path.startswith("/api/")]

    def items(self) -> list[dict[str, Any]]:
        """All that is in the table, raw."""
        table, found, more = self.settings.aws.table, [], {}
        while True:
            page = worker_client("dynamodb").scan(TableName=table, **more)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def read_channel(self, channel: str) -> str:
        """All messages of a channel with their threads, as people read them."""
        lines = []
        for message in self.slack.channel(channel):
            lines.append(self.slack.render(message))
            lines += [f"  ↳ {self.slack.render(reply)}" for reply in message.thread]
        return "\n".join(lines)

    def stream(self) -> Iterator[dict[str, Any]]:
        """All records of the table's stream, in the format of a Lambda event."""
        shard = dynamodb_backends[ACCOUNT][REGION].tables[self.settings.aws.table].stream_shard
        assert shard is not None, "it is kept with streams=True only"
        # Moto answers for streams in a server only; what it keeps for them is what it would answer.
        for record in shard.get(shard.starting_sequence_number, len(shard.items)):
            yield lambda_record(record, "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/1")

    # ---------------------------------------------------------------- what people do

    def request_connection(self, user: str = ANA, **fields: str) -> Any:
        """Types /noyo connect and submits the form for a new group, whatever groups have a similar name."""
        self.slack.command(user, CONNECTIONS, "/noyo", "connect")
        view = self.slack.view_of(user)
        assert view is not None
        reply = self.slack.submit(user, view.id, REQUEST | fields)
        shown = self.slack.view_of(user)
        asked = [each["element"] for each in (shown.blocks if shown else []) if each["block_id"] == "new_group"]
        return self.slack.submit(user, view.id, {"new_group": asked[0]["options"][0]["value"]}) if asked else reply

    def retry(self, user: str, channel: str, ts: str, **fields: str) -> Any:
        """Clicks *Retry…* on a message and submits the form."""
        self.slack.click(user, channel, ts, "retry")
        view = self.slack.view_of(user)
        assert view is not None
        return self.slack.submit(user, view.id, fields)

    # ---------------------------------------------------------------- how it is built

    def _process(self) -> InProcessDeployment:
        return InProcessDeployment(self.settings, clock=self.clock, sleep=self.clock.sleep)

    def _end_process(self) -> None:
        if "noyo" in vars(self.bot):  # It is built on first use.
            self.bot.noyo.session.close()

    def _table(self) -> str:
        table = f"system-{next(_TABLES)}"
        create_table(worker_client("dynamodb"), name=table)
        if not self._streams:
            # Nobody reads the stream, and moto would copy all of it at each write.
            dynamodb_backends[ACCOUNT][REGION].tables[table].stream_shard = None
        return table

    def _people_and_channels(self) -> None:
        self.slack.add_user(ANA, "Ana")
        self.slack.add_user(BEN, "Ben")
        self.slack.add_user(GUS, "Gus", is_restricted=True)
        for channel, name in ((CONNECTIONS, "connections"), (ALERTS, "alerts"), (DECISIONS, "decisions")):
            self.slack.add_channel(channel, name, members=(ANA, BEN, GUS))

    def _environment(self, table: str, key: str) -> dict[str, str]:
        folder = self._open.enter_context(_folder())
        addresses = local.Addresses(
            slack=self.slack.url,
            noyo_api=self.noyo.api_url,
            noyo_token=self.noyo.token_url,
            aws="",
            table=table,
            kms_key=key,
            carriers_file=local.write_carriers(folder),
            secrets=_secrets(),
        )
        variables = local.bot_environment(addresses) | DEFAULTS | self._variables
        return {name: value for name, value in variables.items() if value}


REQUEST = {
    "carrier_id": GUARDIAN,
    "group_name": "Test Company",
    "carrier_group_id": "00110011",
    "federal_ein": "123456789",
}
DEFAULTS = {
    "AWS_ENDPOINT_URL": "",
    "AWS_REGION": REGION,
    "NOYO_TIMEOUT_SECONDS": "2",
    "CHECK_AFTER_SECONDS": "30",
    "POLL_SECONDS": "300",
    "ENVIRONMENT": "production",
}


def _secrets() -> dict[str, str]:
    """The ids of the secrets that Secrets Manager holds, by the variables that name them."""
    client, number = worker_client("secretsmanager"), next(_TABLES)
    return {
        name: client.create_secret(Name=f"{name}-{number}", SecretString=json.dumps(parts))["ARN"]
        for name, parts in local.SECRETS.items()
    }


@contextmanager
def _folder() -> Iterator[Path]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def blocks_of(message: Any) -> str:
    """A message's blocks as text, for looking for what must not be there."""
    return json.dumps(message.blocks, ensure_ascii=False)


Act = Callable[[System], object]
