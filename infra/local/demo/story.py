"""The demo's story: its chapters use the bot as users do, and check what they see and what Noyo received."""

from collections.abc import Callable, Sequence

from infra.local import environment
from infra.local.demo import decision_story, disconnect_story, pause_story
from infra.local.demo.driver import ALERTS, ANA, BEN, CONNECTIONS, SSN, TIMEOUT_SECONDS, DemoDriver, DemoFailed, Print
from infra.local.noyo import Fault
from infra.local.slack import NotPossible
from infra.local.stack import LocalStack

HOSTILE = f"Group *not* found. <!channel> see https://evil.example/login about {SSN}"
FIRST = {
    "carrier_id": environment.GUARDIAN,
    "group_name": "Test Company",
    "carrier_group_id": "00110011",
    "federal_ein": "123456789",
}
SECOND = FIRST | {"group_name": "Widgets R Us", "carrier_group_id": "77001", "federal_ein": "98-7654321"}
THIRD = FIRST | {"group_name": "Besta LLC", "carrier_group_id": "5550001", "federal_ein": "55 5000111"}
CORRECTED = "77002"
PRINCIPAL = list(environment.CARRIERS)[1]
SCRIPT = [(2.5, "processing", None), (5.5, "completed", None)]
"""Slow enough for each status to be polled: Noyo shows only the newest version, and polls run each second."""

Chapter = Callable[[DemoDriver], None]


def play(
    stack: LocalStack, out: Print, chapters: Sequence[Chapter] | None = None, timeout: float = TIMEOUT_SECONDS
) -> bool:
    """Plays the chapters, all by default, and prints what each channel shows. Returns whether all checks passed."""
    demo = DemoDriver(stack, out, timeout)
    demo.set_up()
    try:
        for chapter in CHAPTERS if chapters is None else chapters:
            out(f"\n━━━ {chapter.__doc__}")
            chapter(demo)
        demo.check_no_problems()
    except (DemoFailed, NotPossible) as failure:
        out(f"\n✗ The demo failed: {failure}")
        demo.show_everything()
        return False
    demo.show_everything()
    out(f"\n✓ The demo passed ({len(demo.checks)} checks).")
    return True


# ---------------------------------------------------------------- the chapters


def connect(demo: DemoDriver) -> None:
    """Ana requests a connection for Test Company, and Noyo completes it."""
    demo.wait_for("the bot reports that it has started", lambda: demo.message(ALERTS, "has started"))
    demo.noyo.script(FIRST["carrier_group_id"], SCRIPT)
    demo.request_connection(ANA, FIRST)
    demo.wait_for("Ana's view shows that it was sent", lambda: demo.view(ANA, "Sent to Noyo", "Open the card"))
    card = demo.wait_for("the card shows Completed", lambda: demo.message(CONNECTIONS, "Test Company", "Completed"))
    demo.wait_for(
        "its thread shows each step",
        lambda: demo.thread_shows(card, "asked for this connection", "Created", "Processing", "Completed"),
    )
    demo.close_views(ANA)


def carrier_refuses(demo: DemoDriver) -> None:
    """The carrier cannot connect Widgets R Us; Ben corrects the carrier group id and retries."""
    demo.noyo.script(SECOND["carrier_group_id"], [(2, "unable_to_connect", HOSTILE)])
    demo.noyo.script(CORRECTED, [(4, "completed", None)])
    demo.request_connection(ANA, SECOND)
    alert = demo.wait_for(
        "an alert appears, with a Retry… button",
        lambda: demo.message(ALERTS, "Unable to connect", "Widgets R Us", "Guardian", "77001", "[Retry…]"),
    )
    demo.show(alert)
    mentions, links = demo.slack.mentions(alert), demo.slack.links(alert)
    demo.expect(set(mentions) <= {"@Ana", ANA}, f"it mentions nobody else: {mentions}")
    demo.expect(not any("evil" in link for link in links), f"the carrier's text makes no link: {links}")
    demo.expect(not demo.shows(alert, SSN), "it shows no social security number")
    demo.expect(demo.shows(alert, "Group *not* found. <!channel>"), "it shows the carrier's text unformatted")
    demo.close_views(ANA)
    listed = demo.slack.command(ANA, CONNECTIONS, "/noyo", "list mine failed guardian").messages[0]
    demo.show(listed)
    demo.expect(demo.shows(listed, "1 open record fits", "Widgets R Us", "[Retry…]"), "Ana lists what failed")
    demo.retry(BEN, alert, CORRECTED)
    card = demo.wait_for(
        "the card shows Completed", lambda: demo.message(CONNECTIONS, "Widgets R Us", "Completed", CORRECTED)
    )
    demo.wait_for(
        "its thread shows each step",
        lambda: demo.thread_shows(card, "Unable to connect", "asked to retry", "Processing", "Completed"),
    )
    demo.wait_for("the alert offers no retry any more", lambda: not demo.shows(demo.current(alert), "[Retry…]"))
    demo.expect(len(demo.noyo_connections(SECOND | {"carrier_group_id": CORRECTED})) == 1, "there is one connection")


def duplicate(demo: DemoDriver) -> None:
    """Ben requests Test Company as a new group, is asked whether it is the known one, and sees its connection."""
    demo.close_views(BEN)
    demo.request_connection(BEN, FIRST)
    view = demo.wait_for("Ben's form asks first", lambda: demo.view(BEN, "a similar name", "Test Company · Guardian"))
    demo.choose_group(BEN, "Test Company")
    demo.submit(BEN, view, {})
    view = demo.wait_for(
        "Ben's view shows the existing connection", lambda: demo.view(BEN, "Already", "Test Company", "Completed")
    )
    demo.show(view)
    demo.expect(len(demo.noyo_connections(FIRST)) == 1, "there is still one connection")
    demo.close_views(BEN)


def second_carrier(demo: DemoDriver) -> None:
    """Ben connects Test Company to one more carrier."""
    reply = demo.slack.command(BEN, CONNECTIONS, "/noyo", "connect Test Company")
    view = demo.opened_view(BEN, reply)
    demo.expect(demo.shows(view, "Test Company has these connections", "Guardian: Completed"), "it names the group")
    demo.submit(BEN, view, {"carrier_id": PRINCIPAL, "carrier_group_id": "PR-100"})
    demo.wait_for(
        "the card shows the second carrier", lambda: demo.message(CONNECTIONS, "Test Company", "Principal", "Completed")
    )
    [first], [second] = demo.noyo_connections(FIRST), demo.noyo_connections({"carrier_group_id": "PR-100"})
    demo.expect(first["group_id"] == second["group_id"], "both connections belong to one group at Noyo")
    demo.close_views(BEN)


def lost_answer(demo: DemoDriver) -> None:
    """Noyo accepts Ana's third request, and its answer is lost."""
    demo.noyo.faults.add(Fault("reset_after", method="POST", path_contains="group_connections"))
    demo.request_connection(ANA, THIRD)
    view = demo.wait_for("Ana's view shows Checking", lambda: demo.view(ANA, "Checking"))
    demo.show(view)
    demo.wait_for("then that it was sent", lambda: demo.view(ANA, "Sent to Noyo"))
    demo.wait_for("the card shows Completed", lambda: demo.message(CONNECTIONS, "Besta LLC", "Completed"))
    posts = demo.posts_to_noyo(THIRD["carrier_group_id"])
    demo.expect(len(posts) == 1, f"it was sent once, not {len(posts)} times")
    demo.expect(len(demo.noyo_connections(THIRD)) == 1, "there is one connection")


CHAPTERS = (
    connect,
    carrier_refuses,
    duplicate,
    second_carrier,
    lost_answer,
    *pause_story.CHAPTERS,
    *decision_story.CHAPTERS,
    *disconnect_story.CHAPTERS,
)
