"""Slack stand-in, people: what an external select offers while one types into it."""

from typing import Any

from infra.local.slack.client import payloads
from infra.local.slack.client.bot_endpoint import BotEndpoint, interaction
from infra.local.slack.validation.elements import GROUP, PLAIN_OPTION
from infra.local.slack.validation.rules import Findings, items
from infra.local.slack.workspace import Json, NotPossible, View, Workspace

_DEFAULT_QUERY_LENGTH = 3


class Suggestions:
    def __init__(self, world: Workspace, door: BotEndpoint) -> None:
        self._workspace, self._bot = world, door
        self._last: dict[tuple[str, str], list[Json]] = {}

    def fetch(self, view: View, action_id: str, query: str) -> list[Json]:
        """Nothing is shown for a late answer, or for one that Slack cannot read."""
        with self._workspace.lock:
            block, element = payloads.find_element(view.blocks, action_id, None)
            if not element["type"].endswith("external_select"):
                raise NotPossible(f"{action_id} asks nobody for its options")
            if len(query) < element.get("min_query_length", _DEFAULT_QUERY_LENGTH):
                return []
            payload = payloads.suggestion(
                self._workspace, view.user_id, view, block["block_id"], action_id, query
            )
        ack = self._bot.post(interaction(payload))
        offered = _options(ack.json()) if ack.good else []
        self._last[view.id, action_id] = offered
        return offered

    def offered(self, view: View, action_id: str, wanted: Any) -> list[Json]:
        """What the person chooses from; types the first thing wanted if need be."""
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        shown = self._last.get((view.id, action_id), [])
        known = {text for o in shown for text in (o["value"], o["text"]["text"])}
        if not set(names) <= known:
            return self.fetch(view, action_id, str(names[0]))
        return shown


def _options(answer: Json | None) -> list[Json]:
    findings: Findings = []
    held = answer or {}
    items(PLAIN_OPTION, 100)(findings, "/options", held.get("options", []))
    items(GROUP, 100)(findings, "/option_groups", held.get("option_groups", []))
    if findings:
        return []
    grouped = [o for g in held.get("option_groups", []) for o in g["options"]]
    return [*held.get("options", []), *grouped]
