"""The options that an external select fetches from the bot while its user types."""

from typing import Any

from infra.local.slack.client import payloads
from infra.local.slack.client.bot_endpoint import BotEndpoint, interaction
from infra.local.slack.validation.elements import GROUP, PLAIN_OPTION
from infra.local.slack.validation.rules import Findings, items
from infra.local.slack.workspace import Json, Message, NotPossible, View, Workspace

_DEFAULT_QUERY_LENGTH = 3


class Suggestions:
    def __init__(self, workspace: Workspace, bot: BotEndpoint) -> None:
        self._workspace, self._bot = workspace, bot
        self._offered: dict[tuple[str, str], list[Json]] = {}

    def fetch(self, user_id: str, holder: Message | View, action_id: str, query: str) -> list[Json]:
        """The options for the text. None are shown if the bot's response is late or invalid."""
        with self._workspace.lock:
            block, element = payloads.find_element(holder.blocks, action_id, None)
            if not element["type"].endswith("external_select"):
                raise NotPossible(f"{action_id} has its own options")
            if len(query) < element.get("min_query_length", _DEFAULT_QUERY_LENGTH):
                return []
            payload = payloads.suggestion(self._workspace, user_id, holder, block["block_id"], action_id, query)
        ack = self._bot.post(interaction(payload))
        options = _options(ack.json()) if ack.ok else []
        self._offered[_id(holder), action_id] = options
        return options

    def offered(self, user_id: str, holder: Message | View, action_id: str, wanted: Any) -> list[Json]:
        """The options shown to the user; types the first wanted text if it is not among them."""
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        shown = self._offered.get((_id(holder), action_id), [])
        known = {text for option in shown for text in (option["value"], option["text"]["text"])}
        if not set(names) <= known:
            return self.fetch(user_id, holder, action_id, str(names[0]))
        return shown


def _id(holder: Message | View) -> str:
    return holder.id if isinstance(holder, View) else holder.ts


def _options(answer: Json | None) -> list[Json]:
    findings: Findings = []
    given = answer or {}
    items(PLAIN_OPTION, 100)(findings, "/options", given.get("options", []))
    items(GROUP, 100)(findings, "/option_groups", given.get("option_groups", []))
    if findings:
        return []
    grouped = [option for group in given.get("option_groups", []) for option in group["options"]]
    return [*given.get("options", []), *grouped]
