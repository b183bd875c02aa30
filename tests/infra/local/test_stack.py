import json
import os
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import deployment
from bot.settings import Purpose, read_settings
from infra.local.aws.runtime import Intervals
from infra.local.environment import BOT_TOKEN, CONNECTIONS, Addresses, bot_environment, replaced_environ, write_carriers
from infra.local.stack import LocalStack
from tests.infra.local.waiting import wait_until

SHORT_INTERVALS = Intervals(schedules=0.02, stream=0.01, retries=0.0)


class FakeHandlers:
    """Handlers that replace the project's."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.batches: list[dict[str, Any]] = []
        self.scheduled: list[str] = []
        self.environments: list[dict[str, str]] = []
        self.unblocked = threading.Event()
        self.unblocked.set()
        self.fails_next = False

    def slack(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        self.environments.append(dict(os.environ))
        body = b64decode(event["body"]).decode()
        self.calls.append(f"{context.function_name}: {'signature' if 'x-slack-signature' in event['headers'] else ''}")
        text = "received" if "text=hello" in body else "what?"
        return {
            "statusCode": 200,
            "headers": {"content-type": "application/json"},
            "body": json.dumps({"response_type": "ephemeral", "text": text}),
        }

    def worker(self, event: dict[str, Any], context: Any) -> Any:
        if "Records" not in event:
            self.scheduled.append(context.function_name)
            return None
        self.batches.append(event)
        self.unblocked.wait(20)
        if self.fails_next:
            self.fails_next = False
            raise RuntimeError("this batch fails")
        return None

    @property
    def handlers(self) -> dict[str, Any]:
        return {
            "handlers.slack.handler": self.slack,
            "handlers.execute_operations.handler": self.worker,
            "handlers.notify.handler": lambda *_: None,
            "handlers.poll.handler": self.crash,
        }

    def crash(self, *_: Any) -> None:
        raise RuntimeError("poll is broken")

    def received_keys(self) -> list[str]:
        return [record["dynamodb"]["Keys"]["pk"]["S"] for event in self.batches for record in event["Records"]]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[LocalStack, FakeHandlers]]:
    bot = FakeHandlers()
    with LocalStack(handlers=bot.handlers, intervals=SHORT_INTERVALS, on_problem=lambda _: None) as stack:
        stack.slack.add_user("U0ANA", "Ana")
        yield stack, bot


@pytest.fixture
def stack(running: tuple[LocalStack, FakeHandlers]) -> LocalStack:
    return running[0]


@pytest.fixture
def bot(running: tuple[LocalStack, FakeHandlers]) -> FakeHandlers:
    return running[1]


def put_item(stack: LocalStack, pk: str, **due: Any) -> dict[str, Any]:
    key = {"pk": {"S": pk}, "sk": {"S": "STATE"}}
    client = stack.table_client()
    client.put_item(TableName=stack.table_name, Item=key | due)
    client.close()
    return key


def running_threads() -> set[threading.Thread]:
    """All threads except the one for local HTTP servers, which starts once and runs until the process ends."""
    return {thread for thread in threading.enumerate() if thread.name != "http-server"}


def due_at(kind: str, when: float) -> dict[str, Any]:
    return {"due_kind": {"S": kind}, "due": {"N": str(int(when))}}


def test_a_command_reaches_the_handler_and_its_response_the_user(stack: LocalStack, bot: FakeHandlers) -> None:
    reply = stack.slack.command("U0ANA", CONNECTIONS, "/noyo", "hello")

    assert reply.status == 200
    assert [message.text for message in reply.messages] == ["received"]
    assert bot.calls[-1] == "SlackFunction: signature"


def test_the_handlers_environment_names_the_stacks_endpoints(stack: LocalStack, bot: FakeHandlers) -> None:
    stack.slack.command("U0ANA", CONNECTIONS, "/noyo", "hello")
    settings = read_settings(bot.environments[-1])

    assert settings.slack.api_url == stack.slack.url
    assert settings.noyo.api_url == stack.noyo.api_url
    assert settings.noyo.token_url == stack.noyo.token_url
    assert settings.aws.endpoint_url == stack.aws.endpoint_url
    assert settings.aws.table == stack.table_name


def test_an_inserted_operation_invokes_the_function_by_the_templates_rules(
    stack: LocalStack, bot: FakeHandlers
) -> None:
    """Only operations pass the filter, and a failed batch is retried."""
    bot.fails_next = True
    put_item(stack, "OUTBOX#1")
    put_item(stack, "OPERATION#1")

    assert wait_until(lambda: bot.received_keys().count("OPERATION#1") == 2)
    assert "OUTBOX#1" not in bot.received_keys()


def test_every_schedule_runs_and_survives_a_crash(stack: LocalStack, bot: FakeHandlers) -> None:
    assert wait_until(lambda: bot.scheduled.count("ExecuteOperationsFunction") >= 2 and len(stack.crashes) >= 2)

    assert str(stack.crashes[0].error) == "poll is broken"
    assert stack.problems[0] == "PollFunction raised RuntimeError: poll is broken"


def test_settle_waits_for_work_that_is_due_soon(stack: LocalStack) -> None:
    assert stack.settle(20, quiet=0.05)

    key = put_item(stack, "OUTBOX#2", **due_at("OUTBOX", time.time() + 60))
    assert stack.due() == ["OUTBOX#2"]
    assert not stack.settle(0.3, quiet=0.05)

    client = stack.table_client()
    client.delete_item(TableName=stack.table_name, Key=key)
    client.close()
    assert stack.settle(20, quiet=0.05)


def test_settle_does_not_wait_for_work_that_is_due_in_days(stack: LocalStack) -> None:
    put_item(stack, "OPERATION#reminder", **due_at("OPERATION", time.time() + 86_400))

    assert stack.settle(20, quiet=0.05)


def test_settle_waits_for_running_invocations(stack: LocalStack, bot: FakeHandlers) -> None:
    bot.unblocked.clear()
    before = len(bot.batches)
    put_item(stack, "OPERATION#3")
    assert wait_until(lambda: len(bot.batches) > before)

    assert not stack.settle(0.3, quiet=0.05)
    bot.unblocked.set()
    assert stack.settle(20, quiet=0.05)


def test_settle_ends_once_it_is_stopped(stack: LocalStack, bot: FakeHandlers) -> None:
    bot.unblocked.clear()
    put_item(stack, "OPERATION#4")
    stopping = threading.Event()
    stopping.set()
    assert not stack.settle(1000, stopping=stopping)
    bot.unblocked.set()


def test_stopping_restores_the_environment_and_closes_the_gateway() -> None:
    before = dict(os.environ)
    stack = LocalStack(handlers={}, intervals=SHORT_INTERVALS)
    stack.start()
    inside = dict(os.environ)
    stack.slack.add_user("U0ANA", "Ana")
    stack.stop()
    stack.stop()

    assert inside["TABLE_NAME"] == stack.table_name
    assert dict(os.environ) == before
    assert stack.slack.command("U0ANA", CONNECTIONS, "/noyo", "hello").status is None


def test_the_bot_reads_its_secrets_from_secrets_manager() -> None:
    with LocalStack(handlers={}, intervals=SHORT_INTERVALS) as stack:
        assert "SLACK_BOT_TOKEN" not in os.environ
        assert deployment(*Purpose).secrets.slack_bot.value() == BOT_TOKEN
        stack.aws.replace_secret(os.environ["SECRET_SLACK_BOT"], {"bot_token": "xoxb-another"})
        deployment.cache_clear()
        assert deployment(*Purpose).secrets.slack_bot.value() == "xoxb-another"


def test_a_deployment_is_not_reused_for_another_environment(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    at = Addresses(
        slack=nowhere,
        noyo_api=nowhere,
        noyo_token=nowhere,
        aws=nowhere,
        table="before",
        kms_key="key",
        carriers_file=write_carriers(tmp_path),
    )
    with replaced_environ(bot_environment(at)):
        assert deployment().settings.aws.table == "before"

    with LocalStack(handlers={}, intervals=SHORT_INTERVALS) as stack:
        assert deployment().settings.aws.table == stack.table_name
    assert deployment.cache_info().currsize == 0


def test_a_stack_that_fails_to_start_cleans_up(tmp_path: Path) -> None:
    before = dict(os.environ), running_threads()
    (tmp_path / "template.yaml").write_text("Resources: {}")

    with pytest.raises(KeyError):
        LocalStack(handlers={}, template=tmp_path / "template.yaml").start()

    assert (dict(os.environ), running_threads()) == before
