"""The demonstration is judged by what people see: it must not go as told where a listener does nothing."""

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
from infra.local.stack import LocalStack

PATIENCE_SECONDS = 40
SLACK = "handlers.slack.handler"


def handlers() -> dict[str, Handler]:
    return {one.handler: load_handler(one.handler) for one in read_functions(TEMPLATE)}


def deaf_to_clicks(event: dict[str, Any], context: Any) -> Any:
    """Acknowledges a click, and does nothing about it."""
    if "block_actions" in unquote(b64decode(event["body"]).decode()):
        return {"statusCode": 200, "headers": {}, "body": ""}
    return load_handler(SLACK)(event, context)


def went_as_told(said: list[str], **broken: Handler) -> bool:
    with LocalStack(handlers=handlers() | broken, more=environment.DEMO_SETTINGS) as machine:
        for name in (decision_story.TESTED, decision_story.BESTA):
            machine.noyo.add_connection(
                carrier_id=environment.GUARDIAN, group_name=name, carrier_group_id=name, status="completed"
            )
        return play(machine, said.append, decision_story.CHAPTERS, PATIENCE_SECONDS)


def test_the_chapters_about_decisions_go_as_told() -> None:
    said: list[str] = []

    assert went_as_told(said), "\n".join(said)


def test_a_listener_that_does_nothing_turns_the_demonstration_red() -> None:
    said: list[str] = []

    assert not went_as_told(said, **{SLACK: deaf_to_clicks})
    assert any("The demo failed: no form opens for Ana" in line for line in said)


pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]
