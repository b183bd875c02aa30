"""Slack room: the slash command: its subcommands as a table, and help made from that table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.domain.people import Right
from bot.slack import connect, replies, retry, status
from bot.slack.office import Asker, Office
from bot.slack.phrases import Foreign, Json, Line, Words, line

MOST_FOUND = 100
"""Looked through for what can be retried, which may be few among many of nearly the same name."""


@dataclass(frozen=True, slots=True)
class Command:
    usage: str
    what: str
    run: Callable[[Office, Asker, str], Json]


def dispatch(office: Office, body: dict[str, Any]) -> Json:
    """The answer to one typed command; what nobody knows is answered with what there is."""
    word, rest = [*body.get("text", "").split(maxsplit=1), "", ""][:2]
    command = COMMANDS.get(word.lower() or "help")
    if command is None:
        unknown = line("There is no “", Foreign(word, 40), "”. This is what you can type:")
        return replies.only_you(unknown, *_usages(office))
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


def _retry(office: Office, asker: Asker, text: str) -> Json:
    """`/noyo retry who`: the form where one connection fits; else what stands in the way."""
    if not text:
        return replies.only_you(
            f"Which connection? Type {office.command} retry and the group's name or an id."
        )
    permission = office.permits(Right.VIEW, asker)
    if not permission.allowed:
        return replies.only_you(replies.refusal(permission))
    found = office.records.find(text, limit=MOST_FOUND)
    if not found:
        return replies.only_you(status.nothing_found(office, text))
    fitting = [tracked for tracked in found if office.retryable(tracked)]
    if len(fitting) == 1:
        retry.open_for(office, asker, fitting[0])
        return {}
    opening = (
        "Several can be retried. Which one?" if fitting else "None of these can be retried as it stands now."
    )
    return status.listing(office, opening, fitting or found)


COMMANDS = {
    "connect": Command(
        "connect [group name]", "ask for a connection of a new group to a carrier", connect.start
    ),
    "status": Command("status [who]", "how a connection stands, or what waits for us", status.start),
    "retry": Command("retry <who>", "try a connection again that could not be made", _retry),
    "help": Command("help", "this list", _help),
}
