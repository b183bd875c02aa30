"""The chapter in which a user requests a disconnection, which needs a second approver."""

from datetime import UTC, datetime, timedelta
from functools import partial

from infra.local.demo.driver import ANA, BEN, CONNECTIONS, DECISIONS, DemoDriver

GROUP = "Widgets R Us"
DAYS_AHEAD = 40
"""Days from today to the end date; a past date would need a confirmation of its own."""
PATH = "/api/v1/group_disconnection_requests"


def second_approver(demo: DemoDriver) -> None:
    """Ana asks to disconnect Widgets R Us; it waits for a second approver, who cannot be Ana. Ben confirms it."""
    ends = datetime.now(UTC).date() + timedelta(days=DAYS_AHEAD)
    _request(demo, ends.isoformat())
    demo.expect(demo.view(ANA, "Nothing has been sent to Noyo") is not None, "Ana's view shows that it waits")
    card = demo.wait_for(
        "its card asks the approvers",
        partial(
            demo.message,
            DECISIONS,
            GROUP,
            "waiting for a second approver",
            f"{ends.day} {ends:%b} {ends.year}",
            "[Confirm Disconnection…]",
        ),
    )
    demo.show(card)
    reply = demo.slack.click(ANA, card.channel_id, card.ts, "confirm_disconnection")
    refusal = demo.view(ANA, "You requested this yourself", "These may: @Ben")
    demo.expect(refusal is not None, f"Ana's own confirmation is refused ({reply.error or 'no error'})")
    demo.show(refusal or card)
    demo.expect(not demo.posts_to_noyo(PATH), "nothing has been sent to Noyo so far")
    view = demo.click(BEN, card, "confirm_disconnection")
    demo.show(view)
    demo.submit(BEN, view, {})
    demo.wait_for("Ben's view shows that it was sent", lambda: demo.view(BEN, "Sent to Noyo", GROUP))
    card = demo.wait_for(
        "the same card shows Noyo's request",
        partial(demo.message, DECISIONS, GROUP, "Processing", "@Ana", "confirmed by @Ben"),
    )
    demo.expect(not demo.shows(card, "[Confirm"), "the card asks for no confirmation any more")
    # Lines may arrive out of order: each is posted by whichever worker holds the card's lease.
    demo.wait_for(
        "its thread shows who did what",
        lambda: (
            demo.thread_shows(card, "@Ana asked to disconnect", "Noyo accepted")
            and demo.thread_shows(card, "@Ana asked to disconnect", "@Ben confirmed")
        ),
    )
    count = len(demo.posts_to_noyo(PATH))
    demo.expect(count == 1, f"it was sent once, not {count} times")
    demo.close_views(ANA, BEN)


def _request(demo: DemoDriver, end_date: str) -> None:
    view = demo.opened_view(ANA, demo.slack.command(ANA, CONNECTIONS, "/noyo", f"disconnect {GROUP}"))
    demo.show(view)
    demo.submit(ANA, view, {"end_date": end_date, "reason": "terminated", "typed_name": GROUP.lower()})


CHAPTERS = (second_approver,)
