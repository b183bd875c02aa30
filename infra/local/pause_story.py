"""infra/local: the chapter of the demonstration in which an admin pauses sending and resumes it."""

from typing import Any

from . import environment
from .stage import ALERTS, ANA, BEN, CONNECTIONS, Stage

KEPT = {
    "carrier_id": environment.GUARDIAN,
    "group_name": "Patient Inc",
    "carrier_group_id": "66001",
    "federal_ein": "12-3450066",
}


def paused(stage: Stage) -> None:
    """Ben pauses sending: what Ana asks for is kept, and goes out once he resumes it."""
    stage.noyo.script(KEPT["carrier_group_id"], [(2, "completed", None)])
    told = stage.slack.command(BEN, CONNECTIONS, "/noyo", "pause the carrier's feed is wrong")
    stage.expect(told.error is None, "Ben's command is taken")
    notice = stage.sees(
        "the alerts channel is told, with the reason",
        lambda: stage.message(ALERTS, "Sending to Noyo is paused", "@Ben", "the carrier's feed is wrong"),
    )
    stage.asks(ANA, KEPT)
    stage.sees(
        "her window says that it is kept", lambda: stage.view(ANA, "kept, not sent yet", "@Ben paused")
    )
    card = stage.sees(
        "so does its card",
        lambda: stage.message(CONNECTIONS, "Patient Inc", "kept, not sent yet", "@Ben paused"),
    )
    stage.show(card)
    stage.machine.settle(stage.patience)
    stage.expect(not _posted(stage), "nothing was sent to Noyo")
    stage.slack.close_view(ANA, stage.slack.view_of(ANA).id)
    stage.slack.command(BEN, CONNECTIONS, "/noyo", "resume")
    stage.sees(
        "it goes out, and the card ends completed",
        lambda: stage.message(CONNECTIONS, "Patient Inc", "Completed"),
    )
    stage.expect(len(_posted(stage)) == 1, f"it was sent once, not {len(_posted(stage))} times")
    stage.sees(
        "the notice says who resumed it",
        lambda: _shows(stage, notice.ts, "Sending to Noyo goes on", "@Ben resumed"),
    )


def _posted(stage: Stage) -> list[Any]:
    wanted = KEPT["carrier_group_id"]
    return [seen for seen in stage.noyo.requests if seen.method == "POST" and wanted in str(seen.body)]


def _shows(stage: Stage, ts: str, *words: str) -> bool:
    """Whether the very message says so now."""
    current = next(one for one in stage.slack.channel(ALERTS) if one.ts == ts)
    return all(word in stage.slack.render(current) for word in words)


CHAPTERS = (paused,)
