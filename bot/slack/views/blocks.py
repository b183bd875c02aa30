"""Small builders of Block Kit's blocks, within Slack's limits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from bot.slack.views.rich_text import Json, RichText, mrkdwn, plain, rich_text_elements

HEADER = 150
_CONTEXT = 10


def plain_text(words: str) -> Json:
    return {"type": "plain_text", "text": words, "emoji": False}


def header(title: RichText) -> Json:
    return {"type": "header", "text": plain_text(plain(title, limit=HEADER))}


def paragraph(lines: Sequence[RichText]) -> Json:
    """Lines below each other, in a container where nothing is parsed."""
    runs: list[Json] = []
    for number, runs_of_line in enumerate(lines):
        runs += [{"type": "text", "text": "\n"}] if number else []
        runs += rich_text_elements(runs_of_line)
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": runs}]}


def quote(words: RichText) -> Json:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_quote", "elements": rich_text_elements(words)}],
    }


def small_print(lines: Sequence[RichText]) -> Json:
    elements = [{"type": "mrkdwn", "text": mrkdwn(runs), "verbatim": True} for runs in lines[:_CONTEXT]]
    return {"type": "context", "elements": elements}


def actions(buttons: Sequence[Json], *, revision: str) -> Json:
    """`revision` names what the buttons are about: Slack wants a new block id whenever that changes."""
    digest = hashlib.sha256(revision.encode("utf-8", "replace")).hexdigest()[:24]
    return {"type": "actions", "block_id": f"actions.{digest}", "elements": list(buttons)}


def confirm(title: str, words: str, yes: str) -> Json:
    return {
        "title": plain_text(title),
        "text": plain_text(words),
        "confirm": plain_text(yes),
        "deny": plain_text("Back"),
    }
