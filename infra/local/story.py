"""infra/local: the demonstration: a story played through the doors that Slack uses, and judged by what people see.

Every expectation is read back from the Slack stand-in, or from what the Noyo stand-in was asked; nothing is taken
from the bot's own word.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import environment
from .machine import Machine
from .noyo import Fault
from .slack import Message, NotPossible, Reply, View

ANA, BEN = "U0ANA", "U0BEN"
CONNECTIONS, ALERTS, DECISIONS = environment.CONNECTIONS, environment.ALERTS, environment.DECISIONS
PATIENCE_SECONDS = 20.0
SSN = "123-45-6789"
HOSTILE = f"Group *not* found. <!channel> see https://evil.example/login about {SSN}"
FIRST = {
    "carrier_id": environment.GUARDIAN,
    "group_name": "Test Company",
    "carrier_group_id": "00110011",
    "federal_ein": "123456789",
}
SECOND = FIRST | {"group_name": "Widgets R Us", "carrier_group_id": "77001", "federal_ein": "98-7654321"}
THIRD = FIRST | {"group_name": "Besta LLC", "carrier_group_id": "5550001", "federal_ein": "55 5000111"}
CORRECTED = "77002"
LIFE = [(2.5, "processing", None), (5.5, "completed", None)]
"""Slow enough for each step to be seen: Noyo shows the newest version only, and it is asked each second."""

Out = Callable[[str], object]


class Otherwise(Exception):
    """The story did not go as told."""


def play(machine: Machine, out: Out) -> bool:
    """Plays all chapters and prints what each channel shows; whether everything went as told."""
    stage = Stage(machine, out)
    stage.set_up()
    try:
        for chapter in CHAPTERS:
            out(f"\n━━━ {chapter.__doc__}")
            chapter(stage)
        stage.nothing_went_wrong()
    except (Otherwise, NotPossible) as otherwise:
        out(f"\n✗ Not as told: {otherwise}")
        stage.show_everything()
        return False
    stage.show_everything()
    out(f"\n✓ The story went as told ({len(stage.told)} things checked).")
    return True


@dataclass
class Stage:
    """The machine, the people on it, and how what they see is judged."""

    machine: Machine
    out: Out
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
        end = time.monotonic() + PATIENCE_SECONDS
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
        self.machine.settle(PATIENCE_SECONDS)
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


# ---------------------------------------------------------------- the chapters


def connected(stage: Stage) -> None:
    """Ana asks for a connection of Test Company, and it is made."""
    stage.sees("the bot has begun to follow", lambda: stage.message(ALERTS, "has begun"))
    stage.noyo.script(FIRST["carrier_group_id"], LIFE)
    stage.asks(ANA, FIRST)
    stage.sees("her window shows that Noyo has it", lambda: stage.view(ANA, "Noyo has it", "Open its card"))
    card = stage.sees(
        "the card ends completed", lambda: stage.message(CONNECTIONS, "Test Company", "Completed")
    )
    stage.sees(
        "its thread tells each step",
        lambda: stage.thread(card, "asked for this connection", "Created", "Processing", "Completed"),
    )
    stage.slack.close_view(ANA, stage.slack.view_of(ANA).id)


def refused_by_the_carrier(stage: Stage) -> None:
    """The carrier cannot connect Widgets R Us; Ben corrects the number and retries."""
    stage.noyo.script(SECOND["carrier_group_id"], [(2, "unable_to_connect", HOSTILE)])
    stage.noyo.script(CORRECTED, [(4, "completed", None)])
    stage.asks(ANA, SECOND)
    alert = stage.sees(
        "an alert is raised, with a Retry… button",
        lambda: stage.message(ALERTS, "Unable to connect", "Widgets R Us", "Guardian", "77001", "[Retry…]"),
    )
    stage.show(alert)
    stage.expect(
        set(stage.slack.pings(alert)) <= {"@Ana", ANA}, f"it pings nobody: {stage.slack.pings(alert)}"
    )
    links = stage.slack.links(alert)
    stage.expect(not any("evil" in link for link in links), f"it links to nothing of the carrier's: {links}")
    stage.expect(SSN not in stage.slack.render(alert), "it shows no social security number")
    stage.expect(
        "Group *not* found. <!channel>" in stage.slack.render(alert), "it shows the words as they came"
    )
    stage.slack.close_view(ANA, stage.slack.view_of(ANA).id)
    stage.retries(BEN, alert, CORRECTED)
    card = stage.sees(
        "the card ends completed",
        lambda: stage.message(CONNECTIONS, "Widgets R Us", "Completed", CORRECTED),
    )
    stage.sees(
        "its thread tells it all",
        lambda: stage.thread(card, "Unable to connect", "asked to retry", "Processing", "Completed"),
    )
    stage.sees("the alert asks nothing any more", lambda: not _offers_retry(stage, alert))
    stage.expect(len(stage.made(SECOND | {"carrier_group_id": CORRECTED})) == 1, "there is one connection")


def asked_again(stage: Stage) -> None:
    """Ben asks for Test Company's connection once more; he is shown the one that is there."""
    stage.slack.close_view(BEN, stage.slack.view_of(BEN).id)
    stage.asks(BEN, FIRST)
    window = stage.sees(
        "his window shows the duplicate", lambda: stage.view(BEN, "Already", "Test Company", "Completed")
    )
    stage.show(window)
    stage.expect(len(stage.made(FIRST)) == 1, "there is still one connection")
    stage.slack.close_view(BEN, stage.slack.view_of(BEN).id)


def answer_lost(stage: Stage) -> None:
    """Noyo takes Ana's third request, and the connection breaks before its answer comes."""
    stage.noyo.faults.add(Fault("reset_after", method="POST", path_contains="group_connections"))
    stage.asks(ANA, THIRD)
    window = stage.sees("her window says that it is being checked", lambda: stage.view(ANA, "Checking"))
    stage.show(window)
    stage.sees("then that Noyo has it", lambda: stage.view(ANA, "Noyo has it"))
    stage.sees("the card ends completed", lambda: stage.message(CONNECTIONS, "Besta LLC", "Completed"))
    posts = [
        seen
        for seen in stage.noyo.requests
        if seen.method == "POST" and THIRD["carrier_group_id"] in str(seen.body)
    ]
    stage.expect(len(posts) == 1, f"it was sent once, not {len(posts)} times")
    stage.expect(len(stage.made(THIRD)) == 1, "there is one connection")


def asked_to_disconnect(stage: Stage) -> None:
    """The carrier asks to disconnect Test Company; the decisions channel is told."""
    first = stage.made(FIRST)[0]
    stage.noyo.carrier_asks_disconnection(
        carrier_id=first["carrier_id"],
        group_id=first["group_id"],
        group_name="Test Company",
        effective_end_date="2026-12-31",
    )
    stage.sees(
        "its card is in the decisions channel",
        lambda: stage.message(DECISIONS, "Test Company", "Guardian", "31 Dec 2026", "Needs review"),
    )


def _offers_retry(stage: Stage, message: Message) -> bool:
    current = next(one for one in stage.slack.channel(message.channel_id) if one.ts == message.ts)
    return "[Retry…]" in stage.slack.render(current)


CHAPTERS = (connected, refused_by_the_carrier, asked_again, answer_lost, asked_to_disconnect)
