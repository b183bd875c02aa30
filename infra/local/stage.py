"""infra/local: the stage of the demonstration: who is on it, what they do, and how what they see is judged."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import environment
from .machine import Machine
from .slack import Message, Reply, View

ANA, BEN = environment.ANA, environment.BEN
CONNECTIONS, ALERTS, DECISIONS = environment.CONNECTIONS, environment.ALERTS, environment.DECISIONS
PATIENCE_SECONDS = 20.0
SSN = "123-45-6789"

Out = Callable[[str], object]


class Otherwise(Exception):
    """The story did not go as told."""


@dataclass
class Stage:
    """The machine, the people on it, and how what they see is judged."""

    machine: Machine
    out: Out
    patience: float = PATIENCE_SECONDS
    told: list[str] = field(default_factory=list)

    @property
    def slack(self) -> Any:
        return self.machine.slack

    @property
    def noyo(self) -> Any:
        return self.machine.noyo

    def set_up(self) -> None:
        self.slack.add_user(ANA, "Ana")
        self.slack.add_user(BEN, "Ben")
        for channel in (CONNECTIONS, ALERTS, DECISIONS):
            for person in (ANA, BEN):
                self.slack.world.channels[channel].members.add(person)

    # ---------------------------------------------------------------- what people do

    def asks(self, person: str, fields: dict[str, str]) -> Reply:
        """Types the command, fills the form, submits it."""
        typed = self.slack.command(person, CONNECTIONS, "/noyo", "connect")
        self.expect(
            typed.view is not None, f"a form opens for {person} ({typed.error or typed.text or 'no error'})"
        )
        reply: Reply = self.slack.submit(person, typed.view.id, fields)
        self.expect(
            reply.error is None and not reply.errors, f"the form is taken ({reply.error or reply.errors})"
        )
        return reply

    def retries(self, person: str, message: Message, carrier_group_id: str) -> None:
        clicked = self.slack.click(person, message.channel_id, message.ts, "retry")
        self.expect(clicked.view is not None, f"Retry… opens a form ({clicked.error or 'no error'})")
        reply = self.slack.submit(person, clicked.view.id, {"carrier_group_id": carrier_group_id})
        self.expect(
            reply.error is None and not reply.errors, f"the retry is taken ({reply.error or reply.errors})"
        )

    # ---------------------------------------------------------------- what is seen

    def expect(self, so: bool, what: str) -> None:
        if not so:
            raise Otherwise(what)
        self.told.append(what)

    def sees(self, what: str, there: Callable[[], Any]) -> Any:
        """Waits until it is there; it, whatever it is."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            found = there()
            if found:
                self.out(f"  ✓ {what}")
                self.told.append(what)
                return found
            time.sleep(0.05)
        raise Otherwise(f"never seen: {what}")

    def message(self, channel: str, *words: str) -> Message | None:
        """The newest message of the channel that shows all these words."""
        for message in reversed(self.slack.channel(channel)):
            if all(word in self.slack.render(message) for word in words):
                found: Message = message
                return found
        return None

    def view(self, person: str, *words: str) -> View | None:
        view: View | None = self.slack.view_of(person)
        return view if view is not None and all(word in self.slack.render(view) for word in words) else None

    def thread(self, card: Message, *words: str) -> bool:
        """Whether the lines of the card's thread show these words, in this order."""
        current = next(one for one in self.slack.channel(card.channel_id) if one.ts == card.ts)
        told = " ".join(self.slack.render(reply) for reply in current.thread)
        places = [told.find(word) for word in words]
        return -1 not in places and places == sorted(places)

    def made(self, fields: dict[str, str]) -> list[dict[str, Any]]:
        """Noyo's own connections for what was asked."""
        wanted = fields["carrier_group_id"]
        return [one for one in self.noyo.connections() if one["group_data"]["carrier_group_id"] == wanted]

    def nothing_went_wrong(self) -> None:
        self.machine.settle(self.patience)
        self.expect(not self.machine.troubles, f"no handler raised: {self.machine.troubles}")
        everything = repr(list(self.slack.calls))
        for secret in ("123456789", "987654321", "555000111", SSN):
            self.expect(secret not in everything, "no tax number was ever sent to Slack")

    def show_everything(self) -> None:
        for channel in (CONNECTIONS, ALERTS, DECISIONS):
            self.out(f"\n┏━ #{self.slack.world.channels[channel].name}, as everybody in it sees it")
            for message in self.slack.channel(channel):
                self._show(self.slack.render(message), "┃ ")
                for reply in message.thread:
                    self._show(self.slack.render(reply), "┃    ↳ ")
                self.out("┃")
        for person, name in ((ANA, "Ana"), (BEN, "Ben")):
            messages, view = self.slack.direct_messages(person), self.slack.view_of(person)
            for shown in [*messages, *([view] if view is not None else [])]:
                self.out(f"\n┏━ {name} alone, in a {'window' if shown is view else 'direct message'}")
                self._show(self.slack.render(shown), "┃ ")

    def show(self, shown: Message | View) -> None:
        """What is about to be edited or closed, as it is now."""
        self._show(self.slack.render(shown), "  ┃ ")

    def _show(self, text: str, margin: str) -> None:
        for line in text.splitlines():
            self.out(margin + line)
