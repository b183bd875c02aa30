"""Checks a modal or a Home view."""

import json
from typing import Any

from infra.local.slack.validation.blocks import HOME, MODAL, check_blocks
from infra.local.slack.validation.elements import plain
from infra.local.slack.validation.rules import Findings, Rule, add_finding, boolean, fields, string, unchecked

LARGEST_VIEW = 250_000

_SHARED: dict[str, Rule] = {"private_metadata": string(3000), "callback_id": string(255), "external_id": string(255)}
_SHAPES: dict[str, Rule] = {
    MODAL: fields(
        {"type": unchecked, "title": plain(24), "blocks": unchecked},
        {**_SHARED, "submit": plain(24), "close": plain(24), "clear_on_close": boolean, "notify_on_close": boolean},
    ),
    HOME: fields({"type": unchecked, "blocks": unchecked}, _SHARED),
}


def too_large(view: Any) -> bool:
    return len(json.dumps(view, ensure_ascii=False).encode()) > LARGEST_VIEW


def check_view(view: Any, surface: str = MODAL) -> Findings:
    """Everything that Slack would report about a view for this surface."""
    findings: Findings = []
    kind = view.get("type") if isinstance(view, dict) else None
    if kind != surface:
        add_finding(findings, "/view/type", f"must be one of: {surface}")
        return findings
    _SHAPES[surface](findings, "/view", view)
    if "blocks" in view:
        findings += check_blocks(view["blocks"], surface, "/view/blocks")
    if surface == MODAL and _has_input(view) and not view.get("submit"):
        add_finding(findings, "/view", "missing required field: submit")
    return findings


def _has_input(view: dict[str, Any]) -> bool:
    blocks = view.get("blocks")
    return isinstance(blocks, list) and any(
        isinstance(block, dict) and block.get("type") == "input" for block in blocks
    )
