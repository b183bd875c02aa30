"""Slack room: the slash command: its subcommands as a table, and help made from that table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.domain.decisions import Decision
from bot.domain.people import Right
from bot.domain.tracking import Tracked
from bot.errors import OnlyWatches
from bot.slack import connect, decide, decisions, disconnect, doctor, history, replies, retry, status, switch
from bot.slack.office import Asker, Office
from bot.slack.phrases import Foreign, Json, Line, Words, line
from bot.usecases.place import decidable
from bot.usecases.place_disconnection import connected

MOST_FOUND = 100
"""Looked through for what can be retried, which may be few among many of nearly the same name."""


@dataclass(frozen=True, slots=True)
class Command:
    usage: str
    what: str
    run: Callable[[Office, Asker, str], Json]
    sends: bool = False
    """Whether it is there to have something sent to Noyo."""


def dispatch(office: Office, body: dict[str, Any]) -> Json:
    """The answer to one typed command; what nobody knows is answered with what there is."""
    word, rest = [*body.get("text", "").split(maxsplit=1), "", ""][:2]
    command = COMMANDS.get(word.lower() or "help")
    if command is None:
        unknown = line("There is no “", Foreign(word, 40), "”. This is what you can type:")
        return replies.only_you(unknown, *_usages(office))
    if command.sends and office.watches:
        return replies.only_you(str(OnlyWatches()))
    return command.run(office, Asker.of(body), rest.strip())


def _help(office: Office, asker: Asker, text: str) -> Json:
    del asker, text
    opening = "I follow our groups' carrier connections at Noyo. You can type:"
    return replies.only_you(
        opening, *_usages(office), "Only you see what I answer here; cards are in the channels."
    )


def _usages(office: Office) -> list[Line]:
    return [
        line(Words(f"{office.command} {command.usage}", bold=True), f": {command.what}")
        for command in COMMANDS.values()
    ]


@dataclass(frozen=True, slots=True)
class Choosing:
    """A command about one record, of those that fit; the words for when there is not exactly one."""

    which: str
    several: str
    none: str
    fits: Callable[[Office, Tracked], bool]
    opens: Callable[[Office, Asker, Tracked], None]

    def __call__(self, office: Office, asker: Asker, text: str) -> Json:
        """The form where one fits; else what stands in the way."""
        if not text:
            return replies.only_you(self.which.format(office.command))
        permission = office.permits(Right.VIEW, asker)
        if not permission.allowed:
            return replies.only_you(replies.refusal(permission))
        found = office.records.find(text, limit=MOST_FOUND)
        if not found:
            return replies.only_you(status.nothing_found(office, text))
        fitting = [tracked for tracked in found if self.fits(office, tracked)]
        if len(fitting) == 1:
            self.opens(office, asker, fitting[0])
            return {}
        return status.listing(office, self.several if fitting else self.none, fitting or found)


def _deciding(decision: Decision) -> Choosing:
    return Choosing(
        f"Which request to disconnect? Type {{}} {decision.value} and the group's name or an id.",
        "Several wait for a decision. Which one?",
        "None of these waits for a decision.",
        lambda _, tracked: decidable(tracked),
        lambda office, asker, tracked: decide.open_for(office, asker, decision, tracked),
    )


_retry = Choosing(
    "Which connection? Type {} retry and the group's name or an id.",
    "Several can be retried. Which one?",
    "None of these can be retried as it stands now.",
    lambda office, tracked: office.retryable(tracked),
    retry.open_for,
)


_disconnect = Choosing(
    "Which connection? Type {} disconnect and the group's name or an id.",
    "Several are connected. Which one?",
    "None of these is connected as it stands now, so there is nothing to disconnect.",
    lambda _, tracked: connected(tracked),
    disconnect.open_for,
)


COMMANDS = {
    "connect": Command(
        "connect [group name]", "ask for a connection of a new group to a carrier", connect.start, sends=True
    ),
    "status": Command("status [who]", "how a connection stands, or what waits for us", status.start),
    "retry": Command("retry <who>", "try a connection again that could not be made", _retry, sends=True),
    "decisions": Command(
        "decisions", "which requests to disconnect wait for a decision, the soonest first", decisions.start
    ),
    "approve": Command(
        "approve <who>", "approve a request to disconnect", _deciding(Decision.APPROVE), sends=True
    ),
    "reject": Command(
        "reject <who>",
        "reject a request to disconnect: the group stays",
        _deciding(Decision.REJECT),
        sends=True,
    ),
    "disconnect": Command(
        "disconnect <who>",
        "ask for a group to be disconnected; a second approver confirms it",
        _disconnect,
        sends=True,
    ),
    "history": Command("history <who>", "who did what, and what came of it", history.start),
    "pause": Command("pause [why]", "keep everything and send nothing to Noyo (admins)", switch.start_pause),
    "resume": Command("resume", "send to Noyo again, what was kept first (admins)", switch.start_resume),
    "doctor": Command("doctor", "whether I am well myself, and what to do where not (admins)", doctor.start),
    "help": Command("help", "this list", _help),
}
