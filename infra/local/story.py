"""infra/local: the demonstration: a story played through the doors that Slack uses, and judged by what people see.

Every expectation is read back from the Slack stand-in, or from what the Noyo stand-in was asked; nothing is taken
from the bot's own word.
"""

from collections.abc import Callable, Sequence

from . import decision_story, disconnect_story, environment, pause_story
from .machine import Machine
from .noyo import Fault
from .slack import Message, NotPossible
from .stage import ALERTS, ANA, BEN, CONNECTIONS, PATIENCE_SECONDS, SSN, Otherwise, Out, Stage

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
LIFE = [(2.5, "processing", None), (5.5, "completed", None)]
"""Slow enough for each step to be seen: Noyo shows the newest version only, and it is asked each second."""

Chapter = Callable[[Stage], None]


def play(
    machine: Machine,
    out: Out,
    chapters: Sequence[Chapter] | None = None,
    timeouts: float = PATIENCE_SECONDS,
) -> bool:
    """Plays the chapters, all by default, and prints what each channel shows; whether everything went as told."""
    stage = Stage(machine, out, timeouts)
    stage.set_up()
    try:
        for chapter in CHAPTERS if chapters is None else chapters:
            out(f"\n━━━ {chapter.__doc__}")
            chapter(stage)
        stage.nothing_went_wrong()
    except (Otherwise, NotPossible) as otherwise:
        out(f"\n✗ Not as told: {otherwise}")
        stage.show_everything()
        return False
    stage.show_everything()
    out(f"\n✓ The story went as told ({len(stage.told)} things checked).")
    return True


# ---------------------------------------------------------------- the chapters


def connected(stage: Stage) -> None:
    """Ana asks for a connection of Test Company, and it is made."""
    stage.sees("the bot has begun to follow", lambda: stage.message(ALERTS, "has begun"))
    stage.noyo.script(FIRST["carrier_group_id"], LIFE)
    stage.asks(ANA, FIRST)
    stage.sees("her window shows that Noyo has it", lambda: stage.view(ANA, "Noyo has it", "Open its card"))
    card = stage.sees(
        "the card ends completed", lambda: stage.message(CONNECTIONS, "Test Company", "Completed")
    )
    stage.sees(
        "its thread tells each step",
        lambda: stage.thread(card, "asked for this connection", "Created", "Processing", "Completed"),
    )
    stage.slack.close_view(ANA, stage.slack.view_of(ANA).id)


def refused_by_the_carrier(stage: Stage) -> None:
    """The carrier cannot connect Widgets R Us; Ben corrects the number and retries."""
    stage.noyo.script(SECOND["carrier_group_id"], [(2, "unable_to_connect", HOSTILE)])
    stage.noyo.script(CORRECTED, [(4, "completed", None)])
    stage.asks(ANA, SECOND)
    alert = stage.sees(
        "an alert is raised, with a Retry… button",
        lambda: stage.message(ALERTS, "Unable to connect", "Widgets R Us", "Guardian", "77001", "[Retry…]"),
    )
    stage.show(alert)
    stage.expect(
        set(stage.slack.pings(alert)) <= {"@Ana", ANA}, f"it pings nobody: {stage.slack.pings(alert)}"
    )
    links = stage.slack.links(alert)
    stage.expect(not any("evil" in link for link in links), f"it links to nothing of the carrier's: {links}")
    stage.expect(SSN not in stage.slack.render(alert), "it shows no social security number")
    stage.expect(
        "Group *not* found. <!channel>" in stage.slack.render(alert), "it shows the words as they came"
    )
    stage.slack.close_view(ANA, stage.slack.view_of(ANA).id)
    stage.retries(BEN, alert, CORRECTED)
    card = stage.sees(
        "the card ends completed",
        lambda: stage.message(CONNECTIONS, "Widgets R Us", "Completed", CORRECTED),
    )
    stage.sees(
        "its thread tells it all",
        lambda: stage.thread(card, "Unable to connect", "asked to retry", "Processing", "Completed"),
    )
    stage.sees("the alert asks nothing any more", lambda: not _offers_retry(stage, alert))
    stage.expect(len(stage.made(SECOND | {"carrier_group_id": CORRECTED})) == 1, "there is one connection")


def asked_again(stage: Stage) -> None:
    """Ben asks for Test Company's connection once more; he is shown the one that is there."""
    stage.slack.close_view(BEN, stage.slack.view_of(BEN).id)
    stage.asks(BEN, FIRST)
    window = stage.sees(
        "his window shows the duplicate", lambda: stage.view(BEN, "Already", "Test Company", "Completed")
    )
    stage.show(window)
    stage.expect(len(stage.made(FIRST)) == 1, "there is still one connection")
    stage.slack.close_view(BEN, stage.slack.view_of(BEN).id)


def answer_lost(stage: Stage) -> None:
    """Noyo takes Ana's third request, and the connection breaks before its answer comes."""
    stage.noyo.faults.add(Fault("reset_after", method="POST", path_contains="group_connections"))
    stage.asks(ANA, THIRD)
    window = stage.sees("her window says that it is being checked", lambda: stage.view(ANA, "Checking"))
    stage.show(window)
    stage.sees("then that Noyo has it", lambda: stage.view(ANA, "Noyo has it"))
    stage.sees("the card ends completed", lambda: stage.message(CONNECTIONS, "Besta LLC", "Completed"))
    posts = [
        seen
        for seen in stage.noyo.requests
        if seen.method == "POST" and THIRD["carrier_group_id"] in str(seen.body)
    ]
    stage.expect(len(posts) == 1, f"it was sent once, not {len(posts)} times")
    stage.expect(len(stage.made(THIRD)) == 1, "there is one connection")


def _offers_retry(stage: Stage, message: Message) -> bool:
    current = next(one for one in stage.slack.channel(message.channel_id) if one.ts == message.ts)
    return "[Retry…]" in stage.slack.render(current)


CHAPTERS = (
    connected,
    refused_by_the_carrier,
    asked_again,
    answer_lost,
    *pause_story.CHAPTERS,
    *decision_story.CHAPTERS,
    *disconnect_story.CHAPTERS,
)
