"""The bot of a team with 3,000 groups, at a fixed time, so that what it shows is the same in each run."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from infra.local import environment, seed_data
from infra.local.slack.client.users import Reply
from infra.local.slack.workspace import Json, Message, View
from infra.local.stack import LocalStack
from tests.conftest import logging_restored
from tests.infra.local.datasets.loaded import large_stack
from tests.infra.local.waiting import wait_until

MORNING = 1_894_806_030.0
"""Wednesday, 16 January 2030, 10:00:30 in New York. In the future, since parts of the stack keep the real time."""
ATTEMPTS = 30
ANA, BEN, CARA, DAN, GUS = (person.id for person in seed_data.PEOPLE)
"""Ana may request, Ben and Cara decide, Dan is an admin, Gus is a guest."""


class LargeTeam:
    """What people see of the bot, as plain text without the time of day, which differs from run to run."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack, self.slack = stack, stack.slack

    def answer(self, person: str, text: str) -> str:
        """What the answer to `/noyo text` shows."""
        return self.shown(self.command(person, text))

    def command(self, person: str, text: str) -> Reply:
        """While the machine works off the load, an answer may take too long. People ask again, as they are told to."""
        while (view := self.slack.view_of(person)) is not None:
            self.slack.close_view(person, view.id)
        for _ in range(ATTEMPTS):
            reply = self.slack.command(person, environment.CONNECTIONS, "/noyo", text)
            if reply.status == 200 and "try again" not in reply.text:
                return reply
            time.sleep(1)
        raise AssertionError(f"no answer to {text}: {reply}")

    def click(self, person: str, reply: Reply, action: str, row: int = 0) -> Reply:
        """Clicks a button in an answer. `row` counts the rows that have such a button."""
        [message] = reply.messages
        blocks = [block for block in message.blocks if action in _action_ids(block)]
        return self.slack.click_ephemeral(person, message.ts, action, block_id=blocks[row]["block_id"])

    def home(self, person: str) -> str:
        """What the App Home shows once it is published."""
        self.slack.open_home(person)
        assert wait_until(lambda: person in self.slack.workspace.homes, 60)
        return self.text(self.slack.workspace.homes[person])

    def shown(self, reply: Reply) -> str:
        contents: list[Message | View] = [*reply.messages]
        if reply.view is not None:
            contents.append(reply.view)
        return "\n\n".join(self.text(content) for content in contents)

    def text(self, content: Message | View) -> str:
        """A message begins with the first line of its text, which notifications show."""
        shown = self.slack.render(content)
        if isinstance(content, Message) and content.blocks:
            shown = f"(notification) {content.text.splitlines()[0]}\n{shown}"
        return re.sub(r"\d{1,2}:\d\d [AP]M|<!date.*?>", "(time)", shown)


def _action_ids(block: Json) -> list[str]:
    return [element.get("action_id", "") for element in block.get("elements", [])]


@pytest.fixture(scope="package")
def team() -> Iterator[LargeTeam]:
    """It ends before tests of other packages begin, because a process has one embedded AWS."""
    ahead = MORNING - time.time()
    with logging_restored(), large_stack(clock=lambda: time.time() + ahead) as stack:
        yield LargeTeam(stack)
        assert stack.problems == []
