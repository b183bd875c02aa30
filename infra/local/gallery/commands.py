"""What the bot answers to commands and to the Details button, and how it shows errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.pauses import HandledCommand, Mode, Pause, PauseHistory
from bot.domain.people import AccessPolicy
from bot.domain.records import ConnectionStatus, DisconnectionStatus
from bot.errors import DeadlineExceeded, ObserveOnly, SlackRefused, SlackUnavailable, TableUnavailable, UnknownSchema
from bot.slack.views import replies
from bot.slack.views.buttons import Action, Page
from bot.slack.views.modals import notice
from infra.local.environment import TEAM
from infra.local.gallery.cards import DETAILED, OBSERVING, OTHER_ENVIRONMENT, connection, request
from infra.local.gallery.entries import Entry, Ephemeral, Modal, Section
from infra.local.gallery.forms import PAUSED, about
from infra.local.gallery.interactions import clicked, sent, typed, used
from infra.local.gallery.operations import approval, disconnection, rejection, with_outcome
from infra.local.gallery.ports import GUEST, LEFT, NOW, waits_from
from infra.local.gallery.samples import CHANGED, ID, a_retry

NAME = "maple"


def _connections(number: int, **fields: Any) -> list[Any]:
    """So many connections with different ids and names."""
    return [connection(id=f"2b1c7c5e-0000-4000-8000-{index:012d}", **_name(index) | fields) for index in range(number)]


def _requests(number: int, **fields: Any) -> list[Any]:
    return [request(id=f"3b1c7c5e-0000-4000-8000-{index:012d}", **_name(index) | fields) for index in range(number)]


def _name(index: int) -> dict[str, str]:
    return {"group_name": f"Maple {_TRADES[index % len(_TRADES)]}"}


_TRADES = ("Brewery", "Clinic", "Dairy", "Designs", "Electric", "Farms", "Freight", "Garage", "Interiors", "Press")


# ---------------------------------------------------------------- status, decisions and Details


def status_answers() -> Section:
    return Section("Status, help and Details", tuple(_status_answers()))


def _status_answers() -> Iterator[Entry]:
    unclear = a_retry(state=OperationState.NEEDS_RESOLUTION, sends=1, first_sent_at=NOW - 900)
    unconfirmed = waits_from(disconnection(confirmed=False), 86400)
    yield typed("What needs our action", "status", records=_everything(), operations=[unclear, unconfirmed])
    yield typed("What needs our action: more than fits", "status", records=[*_requests(7), *_connections(30)])
    yield typed("What needs our action: while sending is paused", "status", records=_everything(), pauses=PAUSED)
    yield typed("What needs our action: observe-only mode", "status", mode=Mode.OBSERVE, display=OBSERVING)
    yield typed("What needs our action: some is unreadable", "status", records=_everything(), unreadable_records=1)
    yield typed("Nothing needs our action", "status")
    yield typed("One match", f"status {NAME}", records=[connection()])
    yield typed("One match: outside production", f"status {NAME}", records=[connection()], display=OTHER_ENVIRONMENT)
    several = [connection(), connection(id="2", status=ConnectionStatus.COMPLETED), request()]
    yield typed("Several matches", f"status {NAME}", records=several)
    yield typed("More matches than fit", f"status {NAME}", records=_connections(12, group_id=None))
    yield typed("More matches than are searched", f"status {NAME}", records=_connections(100, group_id=None))
    yield typed("No match", "status Willow Works")
    yield typed("An id that is not known yet", f"status {ID}")
    yield typed("A guest asks for the status", "status", actor=GUEST)
    yield typed("A deactivated person asks for the status", "status", actor=LEFT)
    yield typed("Slack does not say who asks for the status", "status", person_is_unknown=True)
    everything = AccessPolicy(TEAM, approvers=frozenset({"UDAN"}), admins=frozenset({"UDAN"}))
    yield typed("Help", "help", actor="UDAN", policy=everything)
    yield typed("Help: a person without further rights", "help")
    yield typed("Help: nobody has further rights", "help", policy=AccessPolicy(TEAM))
    yield typed("Help: a guest", "help", actor=GUEST)
    yield typed("Help: Slack does not say who asks", "help", person_is_unknown=True)
    yield typed("An unknown command", "dance")
    yield from _details()


def _everything() -> list[Any]:
    return [request(), connection(), *_connections(1, status=ConnectionStatus.ACTION_REQUIRED)]


def _details() -> Iterator[Entry]:
    failed, decided = connection(), request(status=DisconnectionStatus.PROCESSING, decided=NOW, group_id="group")
    versions = [
        replace(failed.record, version=f"v{number}", modified=CHANGED - 60 * (20 - number)) for number in range(20)
    ]
    yield clicked("Details of a connection", Action.DETAILS, about(failed), records=[failed], versions=versions)
    older = replace(about(failed), page=Page("", 1))
    yield clicked("Details: older versions", Action.NEXT_PAGE, older, records=[failed], versions=versions)
    rejected = with_outcome(rejection(), OutcomeKind.CONFIRMED)
    stored: dict[str, Any] = {"records": [decided], "operations": [rejected]}
    yield clicked("Details of a disconnection request", Action.DETAILS, about(decided), **stored)
    completed = connection(status=ConnectionStatus.COMPLETED, completed=CHANGED, request_type="initial")
    both = [completed, request(status=DisconnectionStatus.PROCESSING)]
    yield clicked("Details of a connection that is being disconnected", Action.DETAILS, about(completed), records=both)
    yield clicked("Details: the carrier's contact", Action.DETAILS, about(failed), records=[failed], display=DETAILED)
    yield clicked("Details: not stored", Action.DETAILS, about(failed))
    yield clicked("Details: a guest", Action.DETAILS, about(failed), records=[failed], actor=GUEST)


def decision_answers() -> Section:
    return Section("Decisions", tuple(_decision_answers()))


def _decision_answers() -> Iterator[Entry]:
    unconfirmed = waits_from(disconnection(confirmed=False), 86400)
    claimed = replace(request(id="7"), owner="UCARA", owned_since=NOW - 600, owned_until=NOW + 3600)
    yield typed("Decisions that wait", "decisions", records=[request(), claimed], operations=[unconfirmed])
    yield typed("Decisions: one is being decided", "decisions", records=[request()], operations=[approval()])
    yield typed("Decisions: more than fit", "decisions", records=_requests(12))
    yield typed("Decisions: the last page", "decisions", page=1, records=_requests(12))
    yield typed("Decisions: none", "decisions")
    yield typed("Decisions: a guest", "decisions", actor=GUEST)


def list_answers() -> Section:
    return Section("List", tuple(_list_answers()))


def _list_answers() -> Iterator[Entry]:
    mine = replace(
        connection(id="4", status=ConnectionStatus.WAITING_ON_CARRIER, modified=NOW - 86400), requester="UANA"
    )
    claimed = replace(request(id="7"), owner="UCARA", owned_since=NOW - 600, owned_until=NOW + 3600)
    old = connection(id="5", modified=NOW - 9 * 86400)
    records = [mine, claimed, old]
    yield typed("Everything that is open", "list", records=records)
    yield typed("More than fits", "list failed", records=_connections(30))
    yield typed("The last page", "list failed", page=3, records=_connections(30))
    yield typed("One fits", "list mine waiting", records=records)
    yield typed("Nothing fits", "list failed older than 2 weeks", records=records)
    yield typed("Words that mean nothing", "list maple and birch", records=records)
    yield typed("Some is unreadable", "list processing", records=[mine], unreadable_records=2)
    yield typed("Mine", "list mine", records=records)
    yield typed("More than can be searched", "list guardian", records=[mine, *_connections(1005)])
    yield typed("Nothing fits where it was searched", "list principal", records=_connections(1005))
    yield typed("A guest", "list", actor=GUEST)


def search_answers() -> Section:
    return Section("Search", tuple(_search_answers()))


def _search_answers() -> Iterator[Entry]:
    failed = connection(id="5", group_name="Harbor Foods LLC")
    angels = connection(id="6", group_name="Principal Bakery", status=ConnectionStatus.COMPLETED)
    padded = connection(id="7", carrier_group_id="00-1100 11")
    yield typed("A name with a typing error", "status habror foods", records=[failed])
    yield typed("A typing error opens no form", "retry habror foods", records=[failed])
    yield typed("A history for a typing error", "history habror foods", records=[failed])
    yield typed("A name that is a carrier's, too", "status principal", records=[angels, padded])
    yield typed("By carrier and status", "status harbor failed", records=[failed, angels])
    yield typed("An id with other punctuation", "status 110011", records=[padded])
    yield typed("Without a name: history", "history")
    yield typed("Without a name: disconnect", "disconnect")


# ---------------------------------------------------------------- commands about one record


def choices() -> Section:
    return Section("Retry, approve, reject and disconnect by name", tuple(_choices()))


def _choices() -> Iterator[Entry]:
    fitting: dict[str, Any] = {
        "retry": connection,
        "approve": request,
        "reject": request,
        "disconnect": lambda **fields: connection(status=ConnectionStatus.COMPLETED, **fields),
    }
    for command, build in fitting.items():
        yield typed(f"{command.capitalize()}: no name", command)
        yield typed(f"{command.capitalize()}: one match", f"{command} {NAME}", records=[build()], actor="UBEN")
        several = [build(), build(id="3b1c7c5e-0000-4000-8000-000000000007")]
        yield typed(f"{command.capitalize()}: several matches", f"{command} {NAME}", records=several)
        other = [connection(status=ConnectionStatus.PROCESSING)]
        yield typed(f"{command.capitalize()}: none fits", f"{command} {NAME}", records=other)
    yield typed("Retry: no match", "retry Willow Works")
    yield typed("Retry: a guest", f"retry {NAME}", actor=GUEST)
    yield typed("Retry: observe-only mode", f"retry {NAME}", mode=Mode.OBSERVE)


# ---------------------------------------------------------------- pause and resume


def pause_answers() -> Section:
    return Section("Pause and resume", tuple(_pause_answers()))


def _pause_answers() -> Iterator[Entry]:
    def answer(title: str, text: str, pauses: PauseHistory | None = None, **stored: Any) -> Entry:
        return typed(title, text, pauses=pauses or PauseHistory(), **{"actor": "UDAN", **stored})

    ended = PauseHistory((replace(PAUSED.pauses[0], until=NOW - 60, ended_by="UDAN"),))
    handled = (HandledCommand("trigger", NOW - 5),)
    yield answer("Paused", "pause Noyo shows wrong statuses")
    yield answer("Already paused", "pause", PAUSED)
    yield answer("Pause: delivered again", "pause", replace(PAUSED, handled=handled))
    yield answer("Pause: delivered again, already resumed", "pause", replace(ended, handled=handled))
    yield answer("Pause: not an admin", "pause", actor="UANA")
    yield answer("Resumed", "resume", PAUSED)
    yield answer("Resumed in observe-only mode", "resume", PAUSED, mode=Mode.OBSERVE)
    yield answer("Resume: delivered again", "resume", replace(PAUSED, handled=handled))
    yield answer("Resume: not paused", "resume")
    yield answer("Resume: not paused any more", "resume", ended)
    yield answer("Resume: not paused, observe-only mode", "resume", PauseHistory((Pause(NOW - 60),)), mode=Mode.OBSERVE)
    yield answer("Resume: not an admin", "resume", actor="UANA")


# ---------------------------------------------------------------- shortcuts


def shortcut_answers() -> Section:
    return Section("Shortcuts", tuple(_shortcut_answers()))


def _shortcut_answers() -> Iterator[Entry]:
    yield used("Connect a group", "connect_group")
    yield used("Connect a group: a guest", "connect_group", actor=GUEST)
    named = {"text": "When is Maple Brewery 5 connected, and what about 00-110011?"}
    padded = connection(id="7", carrier_group_id="00110011", group_name="Principal Bakery")
    records = [connection(group_name="Maple Brewery 5 Inc"), padded]
    yield used("Find connections here", "find_connections", named, records=records)
    long = {"text": " ".join(f"Maple{number} Brewery{number}" for number in range(50))}
    yield used("Find connections here: a long message", "find_connections", long, records=records)
    several = {"text": "All of Maple Brewery!"}
    many = _connections(12, group_name="Maple Brewery")
    yield used("Find connections here: more than fit", "find_connections", several, records=many)
    yield used("Find connections here: nothing", "find_connections", {"text": "Good morning"}, records=records)
    yield used("Find connections here: a guest", "find_connections", named, actor=GUEST)


# ---------------------------------------------------------------- errors


def errors() -> Section:
    return Section("Errors", tuple(_errors()))


def _errors() -> Iterator[Entry]:
    for title, error in ERRORS.items():
        for interaction, shown_as in (("", "command"), ("view_submission", "form"), ("block_actions", "button")):
            words = replies.error_message(error, "1f6c2e90", interaction=interaction)
            answer = replies.error_answer({"type": interaction} if interaction else {"command": "/noyo"}, words)
            name = f"{title}: after a {shown_as}"
            if answer is None:
                yield Modal(name, notice("That did not work", words))
            elif "view" in answer:
                yield Modal(name, answer["view"], depth=2)
            else:
                yield Ephemeral(name, answer)
    details, elsewhere = Action.DETAILS.value, "T0OTHER"
    yield sent("A button that cannot be read", details, "unreadable")
    yield sent("A button of another version", "a_later_action", "{}")
    yield sent("A person of another workspace", details, "{}", team=elsewhere)


ERRORS: dict[str, Exception] = {
    "The table does not answer": TableUnavailable("Switchboard's table is not answering. Please try again."),
    "Too slow": DeadlineExceeded(),
    "Made by another version": UnknownSchema("This button was made by another version. Please use a newer message."),
    "Observe-only mode": ObserveOnly(),
    "Slack opens nothing in time": SlackRefused("expired_trigger_id"),
    "Slack fails": SlackUnavailable("Slack answered with status 500."),
    "An unexpected error": LookupError("unexpected"),
}
