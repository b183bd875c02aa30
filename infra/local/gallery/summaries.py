"""The morning summaries, for the team and for one person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from bot.domain.absences import Absence, AwayOwner
from bot.domain.content import MorningSummary, PersonalSummary
from bot.domain.morning_summary import Need, NeedCount, OpenTask
from bot.domain.operations import OperationState
from bot.domain.records import ConnectionStatus
from infra.local.gallery.cards import BEAM, connection, posted, request
from infra.local.gallery.entries import Posted
from infra.local.gallery.samples import CHANGED, GUARDIAN, a_pending_disconnection, a_request, a_retry

TODAY = date(2026, 1, 5)
"""A Monday, a week after the samples changed."""
NINE = CHANGED + 7 * 86400
TOMORROW = TODAY + timedelta(days=1)
FAILED = OpenTask(connection())
CLAIMED = OpenTask(replace(connection(), owner="UBEN", owned_since=CHANGED), owner_name="Ben")
CLAIMED_BY_SOMEONE = replace(CLAIMED, owner_name="")
DECISION = OpenTask(request(effective_end_date=TOMORROW))
CORRECTION = OpenTask(connection(status=ConnectionStatus.ACTION_REQUIRED, modified=NINE - 86400))
AUTHORIZATION = OpenTask(connection(status=ConnectionStatus.CARRIER_AUTHORIZATION, modified=NINE - 60))
QUESTION = OpenTask(connection(), replace(a_retry(), state=OperationState.NEEDS_RESOLUTION))
QUESTION_WITHOUT_RECORD = OpenTask(None, replace(a_request(), state=OperationState.NEEDS_RESOLUTION))
SECOND_APPROVAL = OpenTask(None, a_pending_disconnection({"effective_end_date": TOMORROW}))
ABSENCE = Absence("UANA", TOMORROW, NINE + 2 * 86400, "UBEN", "Ana")
AWAY = AwayOwner(ABSENCE, "UBEN")
AWAY_WITHOUT_NAME = AwayOwner(replace(ABSENCE, name=""), "UBEN")
UNDATED = OpenTask(None, a_pending_disconnection({"effective_end_date": None}))


def morning_summaries() -> Iterator[Posted]:
    yield from _for_the_team()
    yield from _for_one_person()


def _for_the_team() -> Iterator[Posted]:
    day = 86400
    each = (
        NeedCount(Need.ANSWER, 1, NINE - day),
        NeedCount(Need.SECOND_APPROVAL, 2, NINE - day, TOMORROW),
        NeedCount(Need.DECISION, 3, CHANGED, TOMORROW),
        NeedCount(Need.RETRY, 4, CHANGED),
        NeedCount(Need.CORRECTION, 2, NINE - day),
        NeedCount(Need.AUTHORIZATION, 1, NINE - 60),
    )
    single = (
        NeedCount(Need.SECOND_APPROVAL, 1, NINE),
        NeedCount(Need.DECISION, 1, CHANGED, TODAY),
        NeedCount(Need.RETRY, 1, CHANGED),
        NeedCount(Need.CORRECTION, 1, NINE - 86400),
    )
    several = (
        NeedCount(Need.ANSWER, 2, NINE - 60),
        NeedCount(Need.DECISION, 2, CHANGED, TODAY - timedelta(days=2)),
        NeedCount(Need.AUTHORIZATION, 2, CHANGED),
    )
    stuck = ((GUARDIAN, 8), (BEAM, 4), ("unnamed", 1), ("another", 1))
    urgent = (QUESTION, SECOND_APPROVAL, DECISION, CLAIMED, FAILED)
    yield posted("Morning summary", _summary(each, urgent, stuck))
    yield posted("Morning summary: one of each", _summary(single, (UNDATED, DECISION, CLAIMED_BY_SOMEONE, CORRECTION)))
    yield posted("Morning summary: several", _summary(several, (QUESTION_WITHOUT_RECORD, AUTHORIZATION), stuck[:1]))
    yield posted("Morning summary: one thing", _summary(single[2:3], (FAILED,)))
    yield posted("Morning summary: only what does not move", _summary((), (), stuck[:2]))
    yield posted("Morning summary: one record does not move", _summary((), (), stuck[2:3]))


def _summary(
    needs: tuple[NeedCount, ...], urgent: tuple[OpenTask, ...], not_moving: tuple[tuple[str, int], ...] = ()
) -> MorningSummary:
    return MorningSummary(needs, urgent, not_moving, TODAY, NINE)


def _for_one_person() -> Iterator[Posted]:
    tasks = (QUESTION, CLAIMED, FAILED, AUTHORIZATION)
    yield posted("Morning summary for one person", PersonalSummary(tasks, 4, TODAY, NINE))
    yield posted("Morning summary for the cover of somebody who is away", PersonalSummary(tasks, 4, TODAY, NINE, AWAY))
    unnamed = PersonalSummary((CLAIMED,), 1, TODAY, NINE, AWAY_WITHOUT_NAME)
    yield posted("Morning summary for the cover of somebody whose name is not known", unnamed)
    yield posted("Morning summary for one person: one record", PersonalSummary((CLAIMED,), 1, TODAY, NINE))
    yield posted("Morning summary for one person: more than fit", PersonalSummary((FAILED,) * 10, 14, TODAY, NINE))
