"""The chapter in which an admin pauses sending and resumes it."""

from infra.local import environment
from infra.local.demo.driver import ALERTS, ANA, BEN, CONNECTIONS, DemoDriver

DEFERRED = {
    "carrier_id": environment.GUARDIAN,
    "group_name": "Patient Inc",
    "carrier_group_id": "66001",
    "federal_ein": "12-3450066",
}


def pause(demo: DemoDriver) -> None:
    """Ben pauses sending: Ana's request is deferred, and sent once he resumes."""
    demo.noyo.script(DEFERRED["carrier_group_id"], [(2, "completed", None)])
    reply = demo.slack.command(BEN, CONNECTIONS, "/noyo", "pause the carrier's feed is wrong")
    demo.expect(reply.error is None, "Ben's command is accepted")
    notice = demo.wait_for(
        "the alerts channel shows the pause and its reason",
        lambda: demo.message(ALERTS, "Sending to Noyo is paused", "@Ben", "the carrier's feed is wrong"),
    )
    demo.request_connection(ANA, DEFERRED)
    demo.wait_for(
        "Ana's view shows that it is deferred", lambda: demo.view(ANA, "waiting while sending is paused", "@Ben paused")
    )
    card = demo.wait_for(
        "so does its card",
        lambda: demo.message(CONNECTIONS, "Patient Inc", "waiting while sending is paused", "@Ben paused"),
    )
    demo.show(card)
    demo.stack.settle(demo.timeout)
    demo.expect(not demo.posts_to_noyo(DEFERRED["carrier_group_id"]), "nothing was sent to Noyo")
    demo.close_views(ANA)
    demo.slack.command(BEN, CONNECTIONS, "/noyo", "resume")
    demo.wait_for(
        "it is sent, and the card shows Completed", lambda: demo.message(CONNECTIONS, "Patient Inc", "Completed")
    )
    posts = demo.posts_to_noyo(DEFERRED["carrier_group_id"])
    demo.expect(len(posts) == 1, f"it was sent once, not {len(posts)} times")
    demo.wait_for(
        "the notice shows who resumed",
        lambda: demo.shows(demo.current(notice), "Sending to Noyo resumed", "@Ben resumed"),
    )


CHAPTERS = (pause,)
