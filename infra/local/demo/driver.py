"""The demo driver: acts as the users, waits for what they should see, and checks it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from infra.local import environment
from infra.local.noyo import NoyoFake, ReceivedRequest
from infra.local.slack import Message, Reply, SlackFake, View
from infra.local.stack import LocalStack

ANA, BEN = environment.ANA, environment.BEN
NAMES = {ANA: "Ana", BEN: "Ben"}
CONNECTIONS, ALERTS, DECISIONS = environment.CONNECTIONS, environment.ALERTS, environment.DECISIONS
TIMEOUT_SECONDS = 120.0
"""How long the story waits. If Slack's answer is lost on a slow machine, the bot repeats a post after a minute."""
SSN = "123-45-6789"

Print = Callable[[str], object]
Found = TypeVar("Found")


class DemoFailed(Exception):
    """A check of the demo failed; the message says which."""


@dataclass
class DemoDriver:
    """`timeout` is how many seconds `wait_for` waits; `checks` are those that passed."""

    stack: LocalStack
    print: Print
    timeout: float = TIMEOUT_SECONDS
    checks: list[str] = field(default_factory=list)

    @property
    def slack(self) -> SlackFake:
        return self.stack.slack

    @property
    def noyo(self) -> NoyoFake:
        return self.stack.noyo

    def set_up(self) -> None:
        for user_id, name in NAMES.items():
            self.slack.add_user(user_id, name)
            for channel in (CONNECTIONS, ALERTS, DECISIONS):
                self.slack.workspace.channels[channel].members.add(user_id)

    # ---------------------------------------------------------------- what users do

    def request_connection(self, user_id: str, fields: dict[str, str]) -> None:
        """Types `/noyo connect`, fills in the form and submits it."""
        reply = self.slack.command(user_id, CONNECTIONS, "/noyo", "connect")
        self.submit(user_id, self.opened_view(user_id, reply), fields)

    def choose_group(self, user_id: str, name: str) -> None:
        """Finds the group in the connection form and chooses it."""
        view = self.slack.view_of(user_id)
        if view is None:
            raise DemoFailed(f"{NAMES[user_id]} has no form open")
        found = self.slack.suggest(user_id, view.id, "group", name)
        self.expect(len(found) == 1, f"{NAMES[user_id]} finds the group")
        self.slack.click_in_view(user_id, view.id, "group", value=found[0]["value"])

    def retry(self, user_id: str, message: Message, carrier_group_id: str) -> None:
        view = self.click(user_id, message, "retry")
        self.submit(user_id, view, {"carrier_group_id": carrier_group_id})

    def click(self, user_id: str, message: Message, action_id: str) -> View:
        """Clicks a button that opens a form. Returns the form."""
        return self.opened_view(user_id, self.slack.click(user_id, message.channel_id, message.ts, action_id))

    def submit(self, user_id: str, view: View, fields: dict[str, str]) -> None:
        reply = self.slack.submit(user_id, view.id, fields)
        problem = reply.error or reply.errors
        self.expect(not problem, f"{NAMES[user_id]}'s form is accepted ({problem or 'no error'})")

    def opened_view(self, user_id: str, reply: Reply) -> View:
        if reply.view is None:
            raise DemoFailed(f"no form opens for {NAMES[user_id]} ({reply.error or reply.text or 'no error'})")
        return reply.view

    def close_views(self, *user_ids: str) -> None:
        for user_id in user_ids:
            while (view := self.slack.view_of(user_id)) is not None:
                self.slack.close_view(user_id, view.id)

    # ---------------------------------------------------------------- what users see

    def expect(self, passed: bool, check: str) -> None:
        if not passed:
            raise DemoFailed(check)
        self.checks.append(check)

    def wait_for(self, check: str, find: Callable[[], Found | None]) -> Found:
        """Waits until `find` returns something true, and returns it."""
        end = time.monotonic() + self.timeout
        while time.monotonic() < end:
            found = find()
            if found:
                self.print(f"  ✓ {check}")
                self.checks.append(check)
                return found
            time.sleep(0.05)
        raise DemoFailed(f"not within {self.timeout:g} s: {check}")

    def message(self, channel: str, *texts: str) -> Message | None:
        """The newest message of the channel that shows all these texts."""
        messages = reversed(self.slack.channel(channel))
        return next((message for message in messages if self.shows(message, *texts)), None)

    def view(self, user_id: str, *texts: str) -> View | None:
        """The user's top view, if it shows all these texts."""
        view = self.slack.view_of(user_id)
        return view if view is not None and self.shows(view, *texts) else None

    def shows(self, content: Message | View, *texts: str) -> bool:
        rendered = self.slack.render(content)
        return all(text in rendered for text in texts)

    def current(self, message: Message) -> Message:
        """The message as it is now."""
        return next(known for known in self.slack.channel(message.channel_id) if known.ts == message.ts)

    def thread_shows(self, card: Message, *texts: str) -> bool:
        """Whether the card's thread shows these texts, in this order."""
        rendered = " ".join(self.slack.render(reply) for reply in self.current(card).thread)
        positions = [rendered.find(text) for text in texts]
        return -1 not in positions and positions == sorted(positions)

    def noyo_connections(self, fields: dict[str, str]) -> list[dict[str, Any]]:
        """Noyo's connections with the requested carrier group id."""
        wanted = fields["carrier_group_id"]
        connections = self.noyo.connections()
        return [known for known in connections if known["group_data"]["carrier_group_id"] == wanted]

    def posts_to_noyo(self, text: str) -> list[ReceivedRequest]:
        """POST requests that Noyo received with this text in their path or body."""
        requests = [request for request in self.noyo.requests if request.method == "POST"]
        return [request for request in requests if text in f"{request.path} {request.body}"]

    def check_no_problems(self) -> None:
        self.stack.settle(self.timeout)
        self.expect(not self.stack.problems, f"no handler raised: {self.stack.problems}")
        everything = repr(list(self.slack.calls))
        for secret in ("123456789", "987654321", "555000111", SSN):
            self.expect(secret not in everything, "no tax number was sent to Slack")

    # ---------------------------------------------------------------- printing

    def show_everything(self) -> None:
        for channel in (CONNECTIONS, ALERTS, DECISIONS):
            self.print(f"\n┏━ #{self.slack.workspace.channels[channel].name}, as its members see it")
            for message in self.slack.channel(channel):
                self._print(message, "┃ ")
                for reply in message.thread:
                    self._print(reply, "┃    ↳ ")
                self.print("┃")
        for user_id, name in NAMES.items():
            for message in self.slack.direct_messages(user_id):
                self.print(f"\n┏━ A direct message to {name}")
                self._print(message, "┃ ")
            view = self.slack.view_of(user_id)
            if view is not None:
                self.print(f"\n┏━ {name}'s open view")
                self._print(view, "┃ ")

    def show(self, content: Message | View) -> None:
        """Prints what is about to be edited or closed."""
        self._print(content, "  ┃ ")

    def _print(self, content: Message | View, margin: str) -> None:
        for line in self.slack.render(content).splitlines():
            self.print(margin + line)
