"""Messages and views as plain text, in reading order."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from infra.local.slack.display.dates import shown_date
from infra.local.slack.display.mrkdwn import Span, SpanKind, parse, shown_mrkdwn
from infra.local.slack.workspace import Json, Message, View, Workspace

_LEVELS = {"error": "(error) ", "warning": "(warning) ", "success": "(success) "}


class Renderer:
    """Renders for a reader in the given time zone."""

    def __init__(self, workspace: Workspace, tz: str = "America/New_York") -> None:
        self.workspace, self.tz = workspace, tz

    def message(self, message: Message) -> str:
        lines = self.blocks(message.blocks, message.values)
        if not message.blocks:
            lines = [self._top_text(message)]
        if message.edited:
            lines[-1] += " (edited)"
        return "\n".join(lines)

    def _top_text(self, message: Message) -> str:
        """In top-level text URLs are links; names are mentions only with `link_names`."""
        return shown_mrkdwn(self.workspace, message.text, auto_parse=message.link_names, tz=self.tz, urls_only=True)

    def view(self, view: View) -> str:
        lines = [f"[[ {view.title['text'] if view.title else 'Home'} ]]"]
        lines += self.blocks(view.blocks, view.values, view.errors)
        buttons = [view.close_button, view.submit_button]
        lines.append(" ".join(f"[{b['text']}]" for b in buttons if b))
        return "\n".join(line for line in lines if line)

    def blocks(self, blocks: list[Json], values: Json, errors: dict[str, str] | None = None) -> list[str]:
        lines: list[str] = []
        for block in blocks:
            lines += self._block(block, values)
            error = (errors or {}).get(block["block_id"])
            lines += [f"  ! {error}"] if error else []
        return lines

    def _block(self, block: Json, values: Json) -> list[str]:
        known: dict[str, Callable[[Json, Json], list[str]]] = {
            "section": self._section,
            "actions": self._actions,
            "context_actions": self._actions,
            "context": self._context,
            "input": self._input,
            "rich_text": lambda b, _: self._rich_text(b),
            "table": lambda b, _: self._table(b),
            "data_table": lambda b, _: [b["caption"], *self._table(b)],
            "card": self._card,
            "container": self._container,
            "carousel": lambda b, v: self.blocks(b["elements"], v),
        }
        shown = known.get(block["type"])
        return shown(block, values) if shown else self._simple(block)

    def _simple(self, block: Json) -> list[str]:
        kind = block["type"]
        if kind == "header":
            return [f"# {block['text']['text']}"]
        if kind == "divider":
            return ["---"]
        if kind == "alert":
            return [_LEVELS.get(block.get("level", ""), "(note) ") + self.text(block["text"])]
        if kind == "image":
            return [f"[image: {block['alt_text']}]"]
        if kind == "markdown":
            return [block["text"]]
        if kind in ("plan", "task_card", "data_visualization"):
            return [f"[{kind}: {block['title']}]"]
        return [f"[{kind}]"]

    def text(self, text: Json) -> str:
        """plain_text is literal, mrkdwn is formatted."""
        if text["type"] == "plain_text":
            return str(text["text"])
        auto = not text.get("verbatim", False)
        return shown_mrkdwn(self.workspace, text["text"], auto_parse=auto, tz=self.tz)

    def _section(self, block: Json, values: Json) -> list[str]:
        lines = [self.text(block["text"])] if "text" in block else []
        lines += ["  " + self.text(field) for field in block.get("fields", [])]
        if "accessory" in block:
            lines.append(self._element(block, block["accessory"], values))
        return lines

    def _actions(self, block: Json, values: Json) -> list[str]:
        return [" ".join(self._element(block, e, values) for e in block["elements"])]

    def _context(self, block: Json, _: Json) -> list[str]:
        shown = (f"[image: {e['alt_text']}]" if e["type"] == "image" else self.text(e) for e in block["elements"])
        return ["· " + " · ".join(shown)]

    def _input(self, block: Json, values: Json) -> list[str]:
        optional = " (optional)" if block.get("optional") else ""
        shown = self._element(block, block["element"], values)
        lines = [f"{block['label']['text']}{optional}: {shown}"]
        return lines + ([f"  {block['hint']['text']}"] if "hint" in block else [])

    def _card(self, block: Json, values: Json) -> list[str]:
        lines = [self.text(block[k]) for k in ("title", "subtitle", "body") if k in block]
        if "actions" in block:
            lines += self._actions({**block, "elements": block["actions"]}, values)
        return lines

    def _container(self, block: Json, values: Json) -> list[str]:
        heads = [self.text(block[k]) for k in ("title", "subtitle") if k in block]
        return heads + self.blocks(block["child_blocks"], values)

    def _element(self, block: Json, element: Json, values: Json) -> str:
        kind = element["type"]
        if kind == "image":
            return f"[image: {element['alt_text']}]"
        if kind in ("button", "icon_button", "workflow_button"):
            where = f" (links to {element['url']})" if element.get("url") else ""
            return f"[{element['text']['text']}]{where}"
        if kind == "overflow":
            return "[" + " | ".join(o["text"]["text"] for o in element["options"]) + "]"
        state = values.get(block["block_id"], {}).get(element.get("action_id"))
        return f"[{shown_value(state) or _placeholder(element)}]"

    def _table(self, block: Json) -> list[str]:
        return [" | ".join(map(self._cell, row)) for row in block["rows"]]

    def _cell(self, cell: Json) -> str:
        if cell["type"] == "rich_text":
            return " ".join(self._rich_text(cell))
        return str(cell.get("text", cell.get("value", f"[{cell['type']}]")))

    def _rich_text(self, block: Json) -> list[str]:
        lines: list[str] = []
        for part in block["elements"]:
            if part["type"] == "rich_text_list":
                lines += ["• " + self._inline(item["elements"]) for item in part["elements"]]
            else:
                prefix = "▌ " if part["type"] == "rich_text_quote" else ""
                lines.append(prefix + self._inline(part["elements"]))
        return lines

    def _inline(self, leaves: list[Json]) -> str:
        return "".join(map(self._leaf, leaves))

    def _leaf(self, leaf: Json) -> str:
        kind = leaf["type"]
        if kind == "text":
            bold = "**" if leaf.get("style", {}).get("bold") else ""
            return f"{bold}{leaf['text']}{bold}"
        if kind == "link":
            return f"{leaf.get('text') or leaf['url']} (links to {leaf['url']})"
        if kind == "date":
            at, form = str(leaf["timestamp"]), leaf["format"]
            shown = shown_date(at, form, self.tz, self.workspace.clock())
            return shown or str(leaf.get("fallback", at))
        if kind == "channel" and leaf["channel_id"] in self.workspace.channels:
            return f"#{self.workspace.channels[leaf['channel_id']].name}"
        return rich_ping(self.workspace, leaf) or f"[{kind}]"


def rich_ping(workspace: Workspace, leaf: Json) -> str | None:
    if leaf["type"] == "user":
        return f"@{workspace.name_of(leaf['user_id'])}"
    if leaf["type"] == "usergroup":
        group = workspace.usergroups.get(leaf["usergroup_id"])
        return f"@{group.handle if group else leaf['usergroup_id']}"
    return f"@{leaf['range']}" if leaf["type"] == "broadcast" else None


def _placeholder(element: Json) -> str:
    return str(element.get("placeholder", {}).get("text", ""))


def shown_value(state: Json | None) -> str:
    """A field's value as the user reads it."""
    if not state:
        return ""
    if state.get("selected_option"):
        return str(state["selected_option"]["text"]["text"])
    if state.get("selected_options"):
        return ", ".join(o["text"]["text"] for o in state["selected_options"])
    values = [v for k, v in state.items() if k != "type" and v not in (None, [])]
    return ", ".join(v if isinstance(v, str) else json.dumps(v) for v in values)


def active_spans(workspace: Workspace, message: Message) -> list[Span]:
    """Every mention and link in a message.

    Explicit mentions and labelled links in the fallback text count too: they reach the notification.
    """
    found: list[Span] = []
    for block in message.blocks:
        for text in _mrkdwn_in(block):
            auto = not text.get("verbatim", False)
            found += parse(workspace, text["text"], auto_parse=auto, tz="UTC")
        found += _rich_text_spans(workspace, block)
    top = parse(workspace, message.text, auto_parse=message.link_names, tz="UTC", urls_only=True)
    return found + [p for p in top if p.explicit or not message.blocks]


def _mrkdwn_in(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value
        elif value.get("type") == "markdown":
            yield {"text": value["text"]}
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _mrkdwn_in(inner)


def _rich_text_spans(workspace: Workspace, value: Any) -> list[Span]:
    if isinstance(value, list):
        return [span for inner in value for span in _rich_text_spans(workspace, inner)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "link" or (value.get("type") == "button" and "url" in value):
        return [Span(SpanKind.LINK, str(value.get("text", "")), value["url"])]
    pinged = rich_ping(workspace, value) if "type" in value else None
    inner = _rich_text_spans(workspace, list(value.values()))
    return [Span(SpanKind.PING, pinged, pinged), *inner] if pinged else inner
