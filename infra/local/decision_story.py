"""infra/local: the chapters of the demonstration in which people decide on requests to disconnect."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import Any

from . import environment
from .slack import Message, Reply, View
from .stage import ANA, BEN, DECISIONS, Stage

TESTED, BESTA = "Test Company", "Besta LLC"
FIRST, OTHER = 40, 70
"""Days from now to a last managed day: none that is past, which would want a tick of its own."""
NAMES = {ANA: "Ana", BEN: "Ben"}


def both_at_once(stage: Stage) -> None:
    """The carrier asks to disconnect Test Company: Ana approves and Ben rejects in the same instant."""
    made = _carrier_asks(stage, TESTED)
    card = _card(stage, TESTED, _day(FIRST), "Needs review", "[Approve Disconnection…]")
    stage.show(card)
    anas, bens = _opens(stage, ANA, card, "approve"), _opens(stage, BEN, card, "reject")
    _together(
        lambda: stage.slack.submit(ANA, anas, {}),
        lambda: stage.slack.submit(BEN, bens, {"reason": "payment_reinstated"}),
    )
    stage.sees("Noyo has one decision", lambda: _decisions(stage, made))
    first = ANA if _decisions(stage, made)[0].body["status"] == "processing" else BEN
    second, did, noun = (BEN, "approved", "approval") if first == ANA else (ANA, "rejected", "rejection")
    told = stage.sees(
        f"{NAMES[second]}'s window says what @{NAMES[first]} did first",
        lambda: _told_who_was_first(stage, second, f"@{NAMES[first]} {did}", f"@{NAMES[first]}'s {noun}"),
    )
    stage.show(told)
    card = _card(stage, TESTED, _day(FIRST), f"Noyo confirmed @{NAMES[first]}'s {noun}")
    stage.expect("[Approve" not in stage.slack.render(card), "nobody is asked to decide any more")
    stage.sees("its thread tells who decided", lambda: stage.thread(card, f"@{NAMES[first]} {did}"))
    stage.expect(
        len(_decisions(stage, made)) == 1, f"Noyo was asked once, not {len(_decisions(stage, made))} times"
    )
    _close_windows(stage)


def changed_since(stage: Stage) -> None:
    """The carrier asks to disconnect Besta LLC, and then for another day: what Ana and Ben see is out of date."""
    made = _carrier_asks(stage, BESTA)
    card = _card(stage, BESTA, _day(FIRST))
    anas = _opens(stage, ANA, card, "approve")
    stage.noyo.move_disconnection(made["id"], "needs_review", effective_end_date=_end(OTHER).isoformat())
    _card(stage, BESTA, _day(OTHER))
    stage.slack.submit(ANA, anas, {})
    stage.slack.click_old(BEN, card, "approve")
    for person in (ANA, BEN):
        shown = stage.sees(
            f"{NAMES[person]} is shown the old day and the new one, and asked again",
            partial(stage.view, person, "It changed", "You saw", _day(FIRST), "Now", _day(OTHER)),
        )
    stage.show(shown)
    stage.expect(not _decisions(stage, made), "nothing was sent to Noyo")
    _close_windows(stage)


def rejected_with_a_reason(stage: Stage) -> None:
    """Ben rejects the request about Besta LLC, and says why."""
    made = _made(stage, BESTA)
    view = _opens(stage, BEN, _card(stage, BESTA, _day(OTHER)), "reject")
    reply = stage.slack.submit(BEN, view, {"reason": "eligibility_restored"})
    stage.expect(reply.error is None and not reply.errors, f"it is taken ({reply.error or reply.errors})")
    card = _card(
        stage,
        BESTA,
        "Rejected",
        _day(OTHER),
        "Noyo confirmed @Ben's rejection",
        "the group is eligible again",
    )
    stage.expect("[Reject" not in stage.slack.render(card), "nobody is asked to decide any more")
    (sent,) = _decisions(stage, made)
    reason = {"status": "rejected", "reason": "eligibility_restored"}
    stage.expect(reason.items() <= sent.body.items(), f"Noyo was told so: {sent.body}")
    _close_windows(stage)


# ---------------------------------------------------------------- what happens


def _carrier_asks(stage: Stage, name: str) -> dict[str, Any]:
    group = next(one for one in stage.noyo.connections() if one["group_data"]["group_name"] == name)
    asked: dict[str, Any] = stage.noyo.carrier_asks_disconnection(
        carrier_id=environment.GUARDIAN,
        group_id=group["group_id"],
        group_name=name,
        effective_end_date=_end(FIRST).isoformat(),
    )
    return asked


def _opens(stage: Stage, person: str, card: Message, act: str) -> str:
    reply: Reply = stage.slack.click(person, card.channel_id, card.ts, act)
    stage.expect(reply.view is not None, f"a form opens for {NAMES[person]} ({reply.error or 'no error'})")
    return str(reply.view.id) if reply.view is not None else ""


def _together(*acts: Callable[[], object]) -> None:
    """In the same instant, as far as two threads have one."""
    barrier = threading.Barrier(len(acts))

    def act(one: Callable[[], object]) -> None:
        barrier.wait()
        one()

    threads = [threading.Thread(target=act, args=(one,)) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _close_windows(stage: Stage) -> None:
    for person in (ANA, BEN):
        while (view := stage.slack.view_of(person)) is not None:
            stage.slack.close_view(person, view.id)


# ---------------------------------------------------------------- what is seen


def _told_who_was_first(stage: Stage, person: str, *words: str) -> View | None:
    """While it is on its way, or once Noyo has it: whichever it was when they came second."""
    titles = ("Somebody was first", "Decided already")
    views = (stage.view(person, title, one) for title in titles for one in words)
    return next((view for view in views if view is not None), None)


def _card(stage: Stage, name: str, *words: str) -> Message:
    card: Message = stage.sees(
        f"the card shows {', '.join(words)}",
        lambda: stage.message(DECISIONS, f"Disconnect {name} · Guardian", *words),
    )
    return card


def _made(stage: Stage, name: str) -> dict[str, Any]:
    """Noyo's request about this group."""
    made: dict[str, Any] = next(one for one in stage.noyo.disconnections() if one["group_name"] == name)
    return made


def _decisions(stage: Stage, made: dict[str, Any]) -> list[Any]:
    """What Noyo was asked to do with a request, whatever came of it."""
    return [seen for seen in stage.noyo.requests if seen.method == "PUT" and made["id"] in seen.path]


CHAPTERS = (both_at_once, changed_since, rejected_with_a_reason)


@cache
def _end(ahead: int) -> date:
    """The same for the whole run, even past midnight."""
    return datetime.now(UTC).date() + timedelta(days=ahead)


def _day(ahead: int) -> str:
    """As cards write it."""
    return f"{_end(ahead).day} {_end(ahead):%b %Y}"
