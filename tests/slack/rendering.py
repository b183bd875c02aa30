"""Renders content as text, for tests of the views."""

from __future__ import annotations

import json
from typing import Any

from bot.domain.content import Content, Rendered
from bot.slack.views.cards import no_links, render
from bot.slack.views.message import DisplaySettings
from bot.slack.views.rich_text import PermalinkLookup
from infra.local.gallery.samples import DISPLAY


def rendered_text(content: Content, display: DisplaySettings = DISPLAY, links: PermalinkLookup = no_links) -> str:
    """The blocks as text, one line for each; buttons in brackets, quotes marked with >."""
    return read_blocks(json.loads(render(content, display, links).blocks))


def read_blocks(blocks: list[dict[str, Any]]) -> str:
    return "\n".join(line for block in blocks for line in _lines(block))


def _lines(block: dict[str, Any]) -> list[str]:
    if block["type"] == "header":
        return [f"# {block['text']['text']}"]
    if block["type"] == "context":
        return [f"~ {element['text']}" for element in block["elements"]]
    if block["type"] == "actions":
        return [" ".join(f"[{button['text']['text']}]" for button in block["elements"])]
    return [_rich(part) for part in block["elements"]]


def _rich(part: dict[str, Any]) -> str:
    prefix = "> " if part["type"] == "rich_text_quote" else ""
    return prefix + "".join(_leaf(leaf) for leaf in part["elements"])


def _leaf(leaf: dict[str, Any]) -> str:
    match leaf["type"]:
        case "user":
            return f"@{leaf['user_id']}"
        case "usergroup":
            return f"@{leaf['usergroup_id']}"
        case "channel":
            return f"#{leaf['channel_id']}"
        case "date":
            return str(leaf["fallback"])
        case "link":
            return f"{leaf['text']} ({leaf['url']})"
    return str(leaf["text"])


def buttons_of(rendered: Rendered) -> dict[str, dict[str, Any]]:
    """The buttons by their labels."""
    return {
        button["text"]["text"]: button
        for block in json.loads(rendered.blocks)
        if block["type"] == "actions"
        for button in block["elements"]
    }
