"""The demo passes with the project's handlers, and fails if one of them does nothing."""

from base64 import b64decode
from typing import Any
from urllib.parse import unquote

import pytest

from infra.local import environment
from infra.local.aws.functions import read_functions
from infra.local.aws.invocation import Handler, load_handler
from infra.local.aws.table import TEMPLATE
from infra.local.demo import decision_story
from infra.local.demo.story import play
from infra.local.page.controls.why import why
from infra.local.stack import LocalStack

TIMEOUT_SECONDS = 40
SLACK = "handlers.slack.handler"


def handlers() -> dict[str, Handler]:
    return {function.handler: load_handler(function.handler) for function in read_functions(TEMPLATE)}


def ignore_clicks(event: dict[str, Any], context: Any) -> Any:
    """Acknowledges clicks and does nothing else."""
    if "block_actions" in unquote(b64decode(event["body"]).decode()):
        return {"statusCode": 200, "headers": {}, "body": ""}
    return load_handler(SLACK)(event, context)


def passes(output: list[str], **replaced: Handler) -> bool:
    with LocalStack(handlers=handlers() | replaced, extra_settings=environment.STORY_SETTINGS) as stack:
        for name in (decision_story.TESTED, decision_story.BESTA):
            stack.noyo.add_connection(
                carrier_id=environment.GUARDIAN, group_name=name, carrier_group_id=name, status="completed"
            )
        passed = play(stack, output.append, decision_story.CHAPTERS, TIMEOUT_SECONDS)
        assert not passed or unexplained(stack) == []
        return passed


def unexplained(stack: LocalStack) -> list[str]:
    """The messages of the bot for which the page cannot say why they exist."""
    channels = (environment.CONNECTIONS, environment.ALERTS, environment.DECISIONS)
    posted = [message for channel in channels for message in stack.slack.channel(channel)]
    direct = [
        message for person in (environment.ANA, environment.BEN) for message in stack.slack.direct_messages(person)
    ]
    found = []
    for message in [*posted, *direct, *(reply for parent in posted for reply in parent.thread)]:
        try:
            assert all(row["text"] for row in why(stack, message.channel_id, message.ts, ephemeral=False)["rows"])
        except LookupError:
            found.append(stack.slack.render(message))
    return found


def test_the_chapters_about_decisions_pass() -> None:
    output: list[str] = []

    assert passes(output), "\n".join(output)


def test_the_demo_fails_if_a_listener_does_nothing() -> None:
    output: list[str] = []

    assert not passes(output, **{SLACK: ignore_clicks})
    assert any("The demo failed: no form opens for Ana" in line for line in output)


pytestmark = [pytest.mark.long, pytest.mark.timeout(240), pytest.mark.usefixtures("restored_logging")]
