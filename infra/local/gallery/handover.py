"""Handing over and being away: the forms with their answers, and the messages about what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date
from typing import Any

from bot.domain.absences import Absence, Absences, AwayOwner
from bot.domain.business_days import day_of
from bot.domain.content import Alert, HandoverNotice, RecordCard
from bot.domain.handover import Handover
from bot.domain.people import AccessPolicy
from bot.domain.record_states import RecordState, claim_of
from bot.domain.records import ConnectionStatus, EntityRef
from bot.slack.views.buttons import Action, ButtonValue, Page
from infra.local.environment import TEAM
from infra.local.gallery.cards import connection, posted, request
from infra.local.gallery.entries import Entry, Section
from infra.local.gallery.interactions import clicked, submitted, typed
from infra.local.gallery.ports import GUEST, LEFT, NOW, UNREAD

NOTE = "Cedar Bistro: the carrier calls back on Thursday, ask for Robin."
BUTTON = ButtonValue(page=Page("list mine"))


def handovers() -> Section:
    return Section("Handover", tuple(_entries()))


def claimed(number: int, owner: str = "UANA") -> RecordState:
    state = connection(id=f"{number:08}-0000-4000-8000-000000000000") if number % 3 else request(id=str(number))
    return replace(state, owner=owner, owned_since=NOW - 600, owned_until=NOW + 3600, owner_revision=1)


def a_handover(number: int, **fields: Any) -> Handover:
    claims = tuple(claim for claim in map(claim_of, map(claimed, range(number))) if claim is not None)
    return Handover("UANA", "UBEN", claims, number, **fields)


def _entries() -> Iterator[Entry]:
    mine = [claimed(number) for number in range(3)]
    form = typed("The form", f"handover @ben {NOTE}", records=mine)
    yield form
    yield typed("The form: one claim", "handover", records=mine[:1])
    yield clicked("The form: more than fit", Action.HAND_OVER, BUTTON, records=[claimed(each) for each in range(30)])
    yield typed("Nothing to hand over", "handover")
    yield clicked("Nothing to hand over any more", Action.HAND_OVER, BUTTON)
    yield typed("A guest", "handover", actor=GUEST)
    yield clicked("A guest clicks", Action.HAND_OVER, BUTTON, actor=GUEST)
    yield typed("Mine, with what can be handed over", "list mine", records=mine)
    yield from _submissions(form, mine)
    yield from _notices()


DAY = 86_400


def day_after(days: int) -> date:
    return day_of(NOW + days * DAY, UTC)


def away(person: str, cover: str | None = None, *, days: int = 3, name: str = "Ana") -> Absence:
    return Absence(person, day_after(days), NOW + (days + 1) * DAY, cover, name)


def absences() -> Section:
    return Section("Absences", tuple(_absences()))


def _absences() -> Iterator[Entry]:
    form = typed("Away: the form", f"away until {day_after(3)}, cover @ben")
    yield form
    yield typed("Away: an unclear day", "away until next week")
    yield typed("Away: a guest", "away until friday", actor=GUEST)
    yield typed("Away: not away", "away")
    covering = Absences((away("UCARA", "UANA"),))
    yield typed("Away: covers for somebody", "away", absences=covering)
    both = Absences((away("UANA", "UBEN"), away("UBEN", days=1), away("UCARA", "UANA")))
    yield typed("Away: and the cover, too", "away", absences=both, records=[claimed(1)])
    day = str(day_after(3))
    yield submitted("Away: saved", form, {"last_day": day, "cover": "UBEN"}, records=[claimed(1), claimed(2)])
    yield submitted("Away: nobody covers", form, {"last_day": day, "cover": ""})
    yield submitted("Away: a past day, oneself as cover", form, {"last_day": "2020-01-01", "cover": "UANA"})
    yield submitted("Away: a cover who left", form, {"last_day": day, "cover": LEFT}, policy=_NAMED)
    yield submitted("Away: submitted by a guest", form, {"last_day": day}, actor=GUEST)
    yield typed("Back", "back", absences=both)
    yield typed("Back: was not away", "back")
    yield typed("Back: a guest", "back", actor=GUEST)
    state, version = claimed(1), claimed(1).record.version
    for title, owner in (
        ("somebody covers", AwayOwner(away("UANA", "UBEN"), "UBEN")),
        ("nobody covers", AwayOwner(away("UANA"), None)),
        ("the cover is away too", AwayOwner(away("UANA", "UBEN"), None, cover_is_away=True)),
    ):
        yield posted(f"Card: the owner is away, {title}", RecordCard(state, away=owner))
        yield posted(f"Alert: the owner is away, {title}", Alert(state, version, away=owner))


def _submissions(form: Entry, mine: list[RecordState]) -> Iterator[Entry]:
    to_ben = {"person": "UBEN", "note": NOTE}
    yield submitted("Submitted", form, to_ben, records=mine)
    yield submitted("Submitted again", form, to_ben, records=mine, submission_fails=True)
    yield submitted("Submitted after all claims ended", form, to_ben)
    yield submitted("Submitted by a guest", form, to_ben, actor=GUEST)
    problems: dict[str, dict[str, str]] = {
        "No colleague, and a long note": {"person": "", "note": "x" * 501},
        "To oneself": {"person": "UANA"},
        "To somebody who left": {"person": LEFT},
        "To a guest": {"person": GUEST},
        "To somebody of whom Slack says nothing": {"person": UNREAD},
    }
    for title, values in problems.items():
        yield submitted(title, form, values, records=mine, policy=_NAMED)
    gone = Absences((away("UBEN", "UCARA", name="Ben"),))
    proposed = submitted("To somebody who is away", form, to_ben, records=mine, absences=gone)
    yield proposed
    yield submitted("To the proposed cover", proposed, {"person": "", "note": ""}, records=mine, absences=gone)
    uncovered = Absences((away("UBEN"),))
    yield submitted("To somebody who is away without a cover", form, to_ben, records=mine, absences=uncovered)
    yield submitted("To somebody without a right", form, {"person": "UDAN"}, records=mine, policy=_NAMED)


_NAMED = AccessPolicy(TEAM, requesters=frozenset({"UANA", "UBEN"}))


def _notices() -> Iterator[Entry]:
    mine = [claimed(number) for number in range(12)]
    entities = tuple(state.entity for state in mine)

    def notice(title: str, reader: str, handover: Handover, listed: list[RecordState]) -> Entry:
        return posted(title, HandoverNotice(handover, reader, tuple(listed), NOW))

    complete = a_handover(12, note=NOTE, moved=entities)
    yield notice("For the colleague", "UBEN", complete, mine)
    yield notice("For the colleague: one, without a note", "UBEN", a_handover(1, moved=entities[:1]), mine[:1])
    many = tuple(EntityRef(each.kind, f"{each.key}{number}") for number in range(16) for each in entities)
    yield notice("For the colleague: more than fit", "UBEN", a_handover(192, moved=many), mine)
    yield notice("For the person who handed over", "UANA", complete, [])
    yield notice("One, without a note", "UANA", a_handover(1, moved=entities[:1]), [])
    taken, done = claimed(11, "UCARA"), connection(id="9", status=ConnectionStatus.COMPLETED)
    partly = a_handover(12, note=NOTE, moved=entities[:10], unmoved=(taken.entity, done.entity))
    yield notice("Some changed meanwhile", "UANA", partly, [taken, done])
    yield notice("One changed meanwhile", "UANA", a_handover(12, moved=entities[:11], unmoved=entities[11:]), [taken])
    problem = "This person's account is deactivated. Choose another colleague."
    refused = a_handover(3, unmoved=entities[:3], problem=problem)
    yield notice("The colleague has left meanwhile", "UANA", refused, mine[:3])
    stopped = a_handover(3, moved=entities[:1], unmoved=entities[1:3], problem=problem)
    yield notice("The colleague has left while it was handed over", "UANA", stopped, mine[1:3])
