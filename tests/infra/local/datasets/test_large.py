"""The bot with 9,000 connections: it has loaded them, and answers people about them.

How fast it answers is measured in benchmarks. On a slow machine the first answers after the load may say that they took
too long, so these people ask again, as they are told to.
"""

from collections.abc import Iterator

import pytest

from infra.local import environment
from infra.local.datasets import LARGE
from infra.local.environment import ANA
from infra.local.stack import LocalStack
from tests.infra.local.datasets.loaded import large_stack
from tests.infra.local.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(240), pytest.mark.usefixtures("restored_logging")]


@pytest.fixture
def stack() -> Iterator[LocalStack]:
    with large_stack() as running:
        yield running


def test_a_loaded_bot_shows_a_group_and_offers_all_carriers(stack: LocalStack) -> None:
    [summary] = [stack.slack.render(message) for message in stack.slack.channel(environment.ALERTS)]
    assert "3140 open connections and 40 open disconnection requests" in summary

    def shows_the_group() -> bool:
        reply = stack.slack.command(ANA, environment.CONNECTIONS, "/noyo", "status Álvarez Accounting, LLC")
        text = "\n".join(map(stack.slack.render, reply.messages))
        return "# Álvarez Accounting, LLC" in text and text.count("Connection · ") == 3

    def opens_the_form() -> bool:
        stack.slack.command(ANA, environment.CONNECTIONS, "/noyo", "connect")
        view = stack.slack.view_of(ANA)
        return view is not None and any(block["block_id"] == "carrier_id" for block in view.blocks)

    assert wait_until(shows_the_group, 60)
    assert wait_until(opens_the_form, 60)
    view = stack.slack.view_of(ANA)
    assert view is not None
    [carriers] = [block["element"] for block in view.blocks if block["block_id"] == "carrier_id"]
    assert {option["text"]["text"] for option in carriers["options"]} == set(LARGE.carriers.values())
    assert stack.problems == []
