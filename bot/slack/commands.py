"""The slash command: its subcommands as a table, and help made from that table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.domain.people import Right
from bot.domain.record_filter import NEED_OUR_ACTION, STATUS_PHRASES, KindAndStatus
from bot.domain.record_states import RecordState, decidable, was_connected
from bot.domain.requests import Decision
from bot.errors import ObserveOnly
from bot.slack.context import RequestContext
from bot.slack.features import (
    away,
    connect,
    decide,
    decisions,
    disconnect,
    doctor,
    handover,
    help,
    history,
    list_open,
    pause,
    picking,
    retry,
    search,
    status,
)
from bot.slack.features.help import Command
from bot.slack.views import replies
from bot.slack.views.buttons import ButtonValue, Page
from bot.slack.views.rich_text import Json, UntrustedText, rich_text


def turn_page(context: RequestContext, value: ButtonValue) -> None:
    """Replaces the answer to a command, or the details of a record, by another page of it, as it is now."""
    if value.entity is not None:
        status.turn_details(context, value)
        return
    if value.page is None or context.actor.response_url is None:
        raise ValueError("this button turns no page")
    page = answer(context, value.page.text, value.page.number)
    context.web.respond(context.actor.response_url, page | {"replace_original": True})


def show(context: RequestContext, value: ButtonValue) -> None:
    """Shows the answer to a command to the person who clicked: in place of their own answer, or below a message."""
    if value.page is None or context.actor.response_url is None:
        raise ValueError("this button shows no answer")
    shown = answer(context, value.page.text, value.page.number)
    context.web.respond(context.actor.response_url, shown | {"replace_original": context.actor.in_own_answer})


def pick(word: str, context: RequestContext, value: str) -> None:
    """Runs the command for the record that was chosen in its answer. Empty text: the choice was cleared."""
    if not value or context.actor.response_url is None:
        return
    shown = answer(context, f"{word} {picking.chosen(value)}")
    if shown:  # Otherwise a form has opened.
        context.web.respond(context.actor.response_url, shown | {"replace_original": True})


def suggest(word: str, context: RequestContext, query: str) -> Json:
    """The options of the field in which a record is chosen for this command."""
    choosing = COMMANDS[word].run
    if not isinstance(choosing, Choosing):
        return picking.options(context, query, lambda _: True, NEED_OUR_ACTION)
    return picking.options(context, query, partial(choosing.fits, context), choosing.proposed)


def answer(context: RequestContext, text: str, page: int | None = None) -> Json:
    """The answer to what was typed after the command, or a page of it; an unknown word is answered with the help."""
    context = context.for_page(Page(text, page or 0), is_turned=page is not None)
    word, rest = [*text.split(maxsplit=1), "", ""][:2]
    command = COMMANDS.get(word.lower() or "help")
    if command is None:
        unknown = rich_text("There is no “", UntrustedText(word, 40), "”. This is what you can type:")
        return help.answer(context, unknown, COMMANDS)
    if command.sends and context.observes_only:
        return replies.ephemeral(str(ObserveOnly()))
    return command.run(context, rest.strip())


def _help(context: RequestContext, _: str) -> Json:
    opening = rich_text("I follow our groups' carrier connections at Noyo. You can type:")
    return help.answer(context, opening, COMMANDS)


@dataclass(frozen=True, slots=True)
class Choosing:
    """The command `word` about one record, with its texts for when not exactly one record matches."""

    word: str
    which: str
    several: str
    none: str
    fits: Callable[[RequestContext, RecordState], bool]
    opens: Callable[[RequestContext, RecordState], None]
    proposed: tuple[KindAndStatus, ...] = ()
    """The statuses whose records may be chosen before anything is typed."""

    def __call__(self, context: RequestContext, text: str) -> Json:
        """Opens the form if exactly one record matches; otherwise the answer says why not."""
        if not text:
            return picking.question(context, self.which, self.word, proposes=bool(self.proposed))
        permission = context.authorize(Right.VIEW)
        if not permission.allowed:
            return replies.ephemeral(replies.denial(permission))
        found = search.find(context, text)
        fitting = [record_state for record_state in found.records if self.fits(context, record_state)]
        if len(fitting) == 1 and not found.similar and not context.is_turned:
            self.opens(context, fitting[0])
            return {}
        return search.answer(context, self.several if fitting else self.none, found, fitting or found.records)


def _deciding(decision: Decision) -> Choosing:
    return Choosing(
        decision.value,
        "Which request to disconnect?",
        "Several wait for a decision. Which one?",
        "None of these waits for a decision.",
        lambda _, record_state: decidable(record_state),
        (decide.APPROVE if decision is Decision.APPROVE else decide.REJECT).open_for,
        STATUS_PHRASES["decisions"],
    )


_retry = Choosing(
    "retry",
    "Which connection?",
    "Several can be retried. Which one?",
    "None of these can be retried in its current status.",
    lambda context, record_state: context.display.retryable(record_state),
    retry.FORM.open_for,
    (*STATUS_PHRASES["failed"], *STATUS_PHRASES["action required"]),
)


_disconnect = Choosing(
    "disconnect",
    "Which connection?",
    "Several connections match. Which one?",
    "None of these is connected, so there is nothing to disconnect.",
    lambda _, record_state: was_connected(record_state),
    disconnect.FORM.open_for,
)


COMMANDS = {
    "connect": Command(
        "connect [group name]", "connect a new or existing group to a carrier", connect.start, Right.REQUEST, sends=True
    ),
    "status": Command("status [who]", "show a connection, or everything that needs our action", status.start),
    "retry": Command("retry <who>", "retry a connection that failed", _retry, Right.REQUEST, sends=True),
    "list": Command(
        "list [which]",
        "list what is open, most urgent first: by status, carrier, age or mine, such as list failed older than 5 days",
        list_open.start,
    ),
    "handover": Command(
        "handover [note]", "hand over everything that you have claimed to a colleague, with a note", handover.start
    ),
    "away": Command(
        "away [until day]", "say until when you are away and who covers, such as away until friday", away.start
    ),
    "back": Command("back", "end your absence", away.start_back),
    "decisions": Command(
        "decisions", "list disconnection requests that need a decision, most urgent first", decisions.start
    ),
    "approve": Command(
        "approve <who>", "approve a disconnection request", _deciding(Decision.APPROVE), Right.APPROVE, sends=True
    ),
    "reject": Command(
        "reject <who>",
        "reject a disconnection request; the group stays connected",
        _deciding(Decision.REJECT),
        Right.APPROVE,
        sends=True,
    ),
    "disconnect": Command(
        "disconnect <who>",
        "request a disconnection; a second approver confirms it",
        _disconnect,
        Right.APPROVE,
        sends=True,
    ),
    "history": Command("history <who>", "show who did what, with the results", history.start),
    "pause": Command("pause [why]", "pause sending to Noyo; requests are kept", pause.start_pause, Right.ADMINISTER),
    "resume": Command("resume", "resume sending to Noyo", pause.start_resume, Right.ADMINISTER),
    "doctor": Command("doctor", "check Switchboard's own health", doctor.start, Right.ADMINISTER),
    "help": Command("help", "what you may do", _help, right=None),
}
PICKED = ("status", "retry", "approve", "reject", "disconnect", "history")
"""Commands whose answer has a field in which a record is chosen, if they are given without a name."""
