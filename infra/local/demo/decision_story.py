"""The chapters in which users decide on requests to disconnect."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import Any

from infra.local import environment
from infra.local.demo.driver import ANA, BEN, DECISIONS, NAMES, DemoDriver
from infra.local.noyo import ReceivedRequest
from infra.local.slack import Message, View

TESTED, BESTA = "Test Company", "Besta LLC"
FIRST_DAYS, LATER_DAYS = 40, 70
"""Days from today to the end date; a past date would need a confirmation of its own."""


def simultaneous_decisions(demo: DemoDriver) -> None:
    """The carrier asks to disconnect Test Company: Ana approves and Ben rejects at the same time."""
    request = _carrier_request(demo, TESTED)
    card = _card(demo, TESTED, _day(FIRST_DAYS), "Needs review", "[Approve Disconnection…]")
    demo.show(card)
    anas_view, bens_view = demo.click(ANA, card, "approve"), demo.click(BEN, card, "reject")
    _run_together(
        lambda: demo.slack.submit(ANA, anas_view.id, {}),
        lambda: demo.slack.submit(BEN, bens_view.id, {"reason": "payment_reinstated"}),
    )
    sent = demo.wait_for("Noyo has one decision", lambda: _decisions(demo, request))
    first = ANA if sent[0].body["status"] == "processing" else BEN  # type: ignore[index]
    second, verb, noun = (BEN, "approved", "approval") if first == ANA else (ANA, "rejected", "rejection")
    view = demo.wait_for(
        f"{NAMES[second]}'s view shows what @{NAMES[first]} did first",
        lambda: _already_decided(demo, second, f"@{NAMES[first]} {verb}", f"@{NAMES[first]}'s {noun}"),
    )
    demo.show(view)
    card = _card(demo, TESTED, _day(FIRST_DAYS), f"Noyo confirmed @{NAMES[first]}'s {noun}")
    demo.expect(not demo.shows(card, "[Approve"), "the card offers no decision any more")
    demo.wait_for("its thread shows who decided", lambda: demo.thread_shows(card, f"@{NAMES[first]} {verb}"))
    count = len(_decisions(demo, request))
    demo.expect(count == 1, f"Noyo received one decision, not {count}")
    demo.close_views(ANA, BEN)


def changed_since_shown(demo: DemoDriver) -> None:
    """The carrier asks to disconnect Besta LLC, then changes the date: Ana and Ben decide on an outdated card."""
    request = _carrier_request(demo, BESTA)
    card = _card(demo, BESTA, _day(FIRST_DAYS))
    view = demo.click(ANA, card, "approve")
    new_end = _end_date(LATER_DAYS).isoformat()
    demo.noyo.move_disconnection(request["id"], "needs_review", effective_end_date=new_end)
    _card(demo, BESTA, _day(LATER_DAYS))
    demo.slack.submit(ANA, view.id, {})
    demo.slack.click_stale(BEN, card, "approve")
    for user_id in (ANA, BEN):
        view = demo.wait_for(
            f"{NAMES[user_id]}'s view shows the old date and the new one, and asks again",
            partial(demo.view, user_id, "It changed", f"{_day(FIRST_DAYS)} → {_day(LATER_DAYS)}"),
        )
    demo.show(view)
    demo.expect(not _decisions(demo, request), "nothing was sent to Noyo")
    demo.close_views(ANA, BEN)


def rejected_with_reason(demo: DemoDriver) -> None:
    """Ben rejects the request about Besta LLC, with a reason."""
    request = next(known for known in demo.noyo.disconnections() if known["group_name"] == BESTA)
    view = demo.click(BEN, _card(demo, BESTA, _day(LATER_DAYS)), "reject")
    demo.submit(BEN, view, {"reason": "eligibility_restored"})
    card = _card(demo, BESTA, "Rejected", _day(LATER_DAYS), "Noyo confirmed @Ben's rejection", "group eligible again")
    demo.expect(not demo.shows(card, "[Reject"), "the card offers no decision any more")
    (sent,) = _decisions(demo, request)
    expected = {"status": "rejected", "reason": "eligibility_restored"}
    demo.expect(
        isinstance(sent.body, dict) and expected.items() <= sent.body.items(), f"Noyo received the reason: {sent.body}"
    )
    demo.close_views(ANA, BEN)


CHAPTERS = (simultaneous_decisions, changed_since_shown, rejected_with_reason)


# ---------------------------------------------------------------- actions


def _carrier_request(demo: DemoDriver, name: str) -> dict[str, Any]:
    connections = demo.noyo.connections()
    group = next(known for known in connections if known["group_data"]["group_name"] == name)
    return demo.noyo.carrier_requests_disconnection(
        carrier_id=environment.GUARDIAN,
        group_id=group["group_id"],
        group_name=name,
        effective_end_date=_end_date(FIRST_DAYS).isoformat(),
    )


def _run_together(*actions: Callable[[], object]) -> None:
    """Runs the actions as simultaneously as threads can."""
    barrier = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> None:
        barrier.wait()
        action()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# ---------------------------------------------------------------- what users see


def _already_decided(demo: DemoDriver, user_id: str, *texts: str) -> View | None:
    """The view of the second to decide: the first decision is either being sent or already with Noyo."""
    titles = ("Already decided",)
    views = (demo.view(user_id, title, text) for title in titles for text in texts)
    return next((view for view in views if view is not None), None)


def _card(demo: DemoDriver, name: str, *texts: str) -> Message:
    return demo.wait_for(
        f"the card shows {', '.join(texts)}", lambda: demo.message(DECISIONS, f"Disconnect {name} · Guardian", *texts)
    )


def _decisions(demo: DemoDriver, request: dict[str, Any]) -> list[ReceivedRequest]:
    """All decisions on the request that Noyo received, whatever it answered."""
    return [sent for sent in demo.noyo.requests if sent.method == "PUT" and request["id"] in sent.path]


@cache
def _end_date(days: int) -> date:
    """Cached, so that it stays the same for a run that passes midnight."""
    return datetime.now(UTC).date() + timedelta(days=days)


def _day(days: int) -> str:
    """The end date as cards show it."""
    return f"{_end_date(days).day} {_end_date(days):%b %Y}"
