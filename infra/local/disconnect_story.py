"""infra/local: the chapter of the demonstration in which one of us asks for a disconnection."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from .slack import Message, Reply
from .stage import ANA, BEN, CONNECTIONS, DECISIONS, Stage

GROUP = "Widgets R Us"
DAYS_AHEAD = 40
"""Counted from the day on which the story is played: a day that is past would have to be ticked."""


def second_approver(stage: Stage) -> None:
    """Ana asks to disconnect Widgets R Us: it waits for a second approver, who cannot be Ana; Ben confirms it."""
    ends = datetime.now(UTC).date() + timedelta(days=DAYS_AHEAD)
    _asks(stage, ends.isoformat())
    stage.expect(
        stage.view(ANA, "Nothing has been sent to Noyo") is not None, "her window says that it is held"
    )
    card = stage.sees(
        "its card calls the approvers",
        partial(
            stage.message,
            DECISIONS,
            GROUP,
            "held",
            f"{ends.day} {ends:%b} {ends.year}",
            "[Confirm Disconnection…]",
        ),
    )
    stage.show(card)
    refused: Reply = stage.slack.click(ANA, card.channel_id, card.ts, "confirm_disconnection")
    own = stage.view(ANA, "You asked for this yourself", "These may: @Ben")
    stage.expect(own is not None, f"Ana's own confirmation is refused ({refused.error or 'but not so'})")
    stage.show(own or card)
    stage.expect(not _sent(stage), "nothing has been sent to Noyo so far")
    _confirms(stage, card)
    stage.sees("his window shows that Noyo has it", lambda: stage.view(BEN, "Noyo has it", GROUP))
    card = stage.sees(
        "the same card goes on as Noyo's request",
        partial(stage.message, DECISIONS, GROUP, "Processing", "@Ana", "confirmed by @Ben"),
    )
    stage.expect("[Confirm" not in stage.slack.render(card), "nobody is asked to confirm it any more")
    stage.sees(
        "its thread tells who did what",
        lambda: stage.thread(card, "@Ana asked to disconnect", "@Ben confirmed", "Noyo has taken"),
    )
    stage.expect(len(_sent(stage)) == 1, f"it was sent once, not {len(_sent(stage))} times")
    for person in (ANA, BEN):
        while (view := stage.slack.view_of(person)) is not None:
            stage.slack.close_view(person, view.id)


def _asks(stage: Stage, end_date: str) -> None:
    typed = stage.slack.command(ANA, CONNECTIONS, "/noyo", f"disconnect {GROUP}")
    stage.expect(typed.view is not None, f"a form opens for Ana ({typed.error or typed.text or 'no error'})")
    stage.show(typed.view)
    wanted = {"end_date": end_date, "reason": "terminated", "typed_name": GROUP.lower()}
    reply = stage.slack.submit(ANA, typed.view.id, wanted)
    stage.expect(reply.error is None and not reply.errors, f"it is taken ({reply.error or reply.errors})")


def _confirms(stage: Stage, card: Message) -> None:
    clicked = stage.slack.click(BEN, card.channel_id, card.ts, "confirm_disconnection")
    stage.expect(clicked.view is not None, f"a form opens for Ben ({clicked.error or 'no error'})")
    stage.show(clicked.view)
    reply = stage.slack.submit(BEN, clicked.view.id, {})
    stage.expect(reply.error is None and not reply.errors, f"it is taken ({reply.error or reply.errors})")


def _sent(stage: Stage) -> list[Any]:
    path = "/api/v1/group_disconnection_requests"
    return [seen for seen in stage.noyo.requests if seen.method == "POST" and seen.path == path]


CHAPTERS = (second_approver,)
