"""Slack room: *I'm checking*: somebody is about to call the group, and wants nobody else to do the same.

Whoever may request or decide may say so: it is work of both, and asks for no right to decide. What can go wrong: it is
read as a lock, the one who said it goes home, or a colleague has decided meanwhile.
"""

from __future__ import annotations

from bot.domain.people import Permission, Right
from bot.domain.subjects import Subject
from bot.domain.waiting import CHECKING_HOURS, waits
from bot.slack import facts, replies
from bot.slack.buttons import ButtonValue
from bot.slack.office import Asker, Office
from bot.slack.phrases import Line, Moment, Person, line
from bot.slack.statuses import status_name
from bot.slack.tell import tell
from bot.usecases.take import give_back, take

_UNKNOWN = line("This request is not known here any more.")


def click(office: Office, asker: Asker, value: ButtonValue) -> None:
    """Takes it, and tells the person beside the message; everybody else sees it on the card."""
    permission = _may(office, asker, value.record)
    if not permission.allowed:
        tell(office.web, asker.trigger_id, asker.response_url, "Not possible", replies.refusal(permission))
        return
    _told(office, asker, _taken(office, asker, value.record))


def click_let_go(office: Office, asker: Asker, value: ButtonValue) -> None:
    before = give_back(value.record, asker.user_id, office.taking_for(asker))
    if before is None or before.owner is None:
        words = line("Nobody is checking this. Nothing was changed.")
    elif before.owner != asker.user_id:
        words = line(
            Person(before.owner), " is checking this, and only they can let go. Take it over if you like."
        )
    else:
        words = line("You are no longer checking this.")
    _told(office, asker, words)


def _taken(office: Office, asker: Asker, subject: Subject) -> Line:
    now = take(subject, asker.user_id, office.taking_for(asker))
    if now is None:
        return _UNKNOWN
    if not waits(now):
        name = facts.group(now.record)
        return line("There is nothing left to check: ", name, " is now ", status_name(now.status), ".")
    until = Moment(now.owned_until or office.now())
    return line(
        "You are checking this until ",
        until,
        f" ({CHECKING_HOURS} working hours), or until you let go. Others may decide all the same.",
    )


def _may(office: Office, asker: Asker, subject: Subject) -> Permission:
    """A denial is told, and kept, as one of the right to decide, which is what the message is about."""
    may_request = office.may(Right.REQUEST, asker.user_id)
    return may_request if may_request.allowed else office.permits(Right.APPROVE, asker, subject)


def _told(office: Office, asker: Asker, words: Line) -> None:
    """Beside the message: a window would only have to be closed again."""
    tell(office.web, None if asker.response_url else asker.trigger_id, asker.response_url, "Checking", words)
