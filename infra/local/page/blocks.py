"""Blocks as nodes that the page shows, for one reader. A block that the page cannot show is named as such."""

from collections.abc import Callable
from typing import Any

from infra.local.page.text import Node, TextPresenter, link
from infra.local.slack.validation.elements import options_of
from infra.local.slack.workspace import Json

_TEXT_INPUTS = {
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
    "datepicker": "date",
    "timepicker": "time",
}
_CHOICES = {"radio_buttons": False, "checkboxes": True}
_SELECTS = {
    "static_select": False,
    "external_select": False,
    "multi_static_select": True,
    "multi_external_select": True,
}
_PRESSED = ("button", "icon_button", "workflow_button")


class BlockPresenter:
    """`values` is what people have entered so far, and `errors` are the field errors, by block_id."""

    def __init__(self, texts: TextPresenter, values: Json, errors: dict[str, str] | None = None) -> None:
        self._texts, self._values, self._errors = texts, values, errors or {}
        self._shown: dict[str, Callable[[Json], Node]] = {
            "header": lambda block: {"text": self._texts.text(block["text"])},
            "divider": lambda _: {},
            "section": self._section,
            "context": self._context,
            "actions": self._actions,
            "context_actions": self._actions,
            "image": lambda block: {"text": block["alt_text"]},
            "input": self._input,
            "rich_text": self._rich_text,
            "markdown": lambda block: {"text": block["text"]},
            "table": self._table,
            "data_table": self._table,
            "card": self._card,
            "container": self._container,
            "carousel": lambda block: {"blocks": self.blocks(block["elements"])},
            "alert": lambda block: {"level": block.get("level", "default"), "text": self._texts.text(block["text"])},
        }

    @property
    def kinds(self) -> frozenset[str]:
        """The types of the blocks that the page can show."""
        return frozenset(self._shown)

    def blocks(self, blocks: list[Json]) -> list[Node]:
        return [self._block(block) for block in blocks]

    def _block(self, block: Json) -> Node:
        show = self._shown.get(block["type"])
        if show is None:
            return {"kind": "unknown", "text": f"A {block['type']} block, which this page cannot show."}
        return {"kind": block["type"], **show(block)}

    def _section(self, block: Json) -> Node:
        return {
            "text": self._texts.text(block["text"]) if "text" in block else [],
            "fields": [self._texts.text(field) for field in block.get("fields", [])],
            "accessory": self.element(block, block["accessory"]) if "accessory" in block else None,
        }

    def _context(self, block: Json) -> Node:
        return {
            "parts": [
                [{"kind": "label", "text": f"[{element['alt_text']}]"}]
                if element["type"] == "image"
                else self._texts.text(element)
                for element in block["elements"]
            ]
        }

    def _actions(self, block: Json) -> Node:
        return {"elements": [self.element(block, element) for element in block["elements"]]}

    def _input(self, block: Json) -> Node:
        return {
            "label": block["label"]["text"],
            "hint": block.get("hint", {}).get("text", ""),
            "optional": block.get("optional", False),
            "error": self._errors.get(block["block_id"], ""),
            "element": self.element(block, block["element"], dispatches=block.get("dispatch_action", False)),
        }

    def _card(self, block: Json) -> Node:
        shown: Node = {name: self._texts.text(block[name]) for name in ("title", "subtitle", "body") if name in block}
        shown["elements"] = [self.element(block, element) for element in block.get("actions", [])]
        return shown

    def _container(self, block: Json) -> Node:
        shown: Node = {name: self._texts.text(block[name]) for name in ("title", "subtitle") if name in block}
        collapsible = block.get("is_collapsible", False)
        return shown | {
            "blocks": self.blocks(block["child_blocks"]),
            "collapsible": collapsible,
            "collapsed": collapsible and block.get("default_collapsed", False),
        }

    # ---------------------------------------------------------------- tables and rich text

    def _table(self, block: Json) -> Node:
        return {
            "caption": block.get("caption", ""),
            "page_size": block.get("page_size", len(block["rows"])),
            "head_column": block.get("row_header_column_index"),
            "rows": [[self._cell(cell) for cell in row] for row in block["rows"]],
        }

    def _cell(self, cell: Json) -> list[Node]:
        if cell["type"] == "rich_text":
            return [node for part in self._rich_text(cell)["parts"] for node in _inline(part)]
        return [{"kind": "text", "text": str(cell.get("text", cell.get("value", f"[{cell['type']}]")))}]

    def _rich_text(self, block: Json) -> Node:
        return {"parts": [self._part(part) for part in block["elements"]]}

    def _part(self, part: Json) -> Node:
        kind = part["type"].removeprefix("rich_text_")
        if kind == "list":
            items = [self._texts.leaves(item["elements"]) for item in part["elements"]]
            return {"kind": "list", "ordered": part["style"] == "ordered", "items": items}
        return {"kind": kind, "nodes": self._texts.leaves(part["elements"])}

    # ---------------------------------------------------------------- interactive elements

    def element(self, block: Json, element: Json, *, dispatches: bool = True) -> Node:
        """`dispatches`: the bot is told of each change, not only of the submission."""
        kind = element["type"]
        if kind == "image":
            return {"kind": "image", "text": element["alt_text"]}
        state = self._values.get(block.get("block_id", ""), {}).get(element.get("action_id", ""), {})
        shown: Node = {
            "block": block.get("block_id", ""),
            "action": element.get("action_id", ""),
            "confirm": _confirmation(element),
            "placeholder": element.get("placeholder", {}).get("text", ""),
            "focus": element.get("focus_on_load", False),
            "dispatches": dispatches,
        }
        if kind in _PRESSED:
            return shown | self._button(element)
        if kind == "overflow":
            return shown | {"kind": "overflow", "options": _options(element)}
        if kind in _TEXT_INPUTS:
            return shown | _text_input(element, state)
        if kind in _CHOICES:
            many = _CHOICES[kind]
            return shown | {"kind": "choices", "many": many, "options": _options(element), "value": _chosen(state)}
        if kind in _SELECTS:
            return shown | _select(element, state)
        if kind == "users_select":
            return shown | self._person_select(state)
        return {"kind": "unknown", "text": f"A {kind} element, which this page cannot show."}

    def _person_select(self, state: Json) -> Node:
        people = [{"value": user_id, "text": name} for user_id, name in self._texts.people().items()]
        options = [{"description": "", "group": "", "target": "", **person} for person in people]
        value = [option for option in options if option["value"] == state.get("selected_user")]
        return {"kind": "select", "many": False, "external": False, "least": 0, "options": options, "value": value}

    def _button(self, element: Json) -> Node:
        target = element.get("url")
        return {
            "kind": "button",
            "label": element["text"]["text"],
            "description": element.get("accessibility_label", ""),
            "style": element.get("style", ""),
            "target": link("", target).get("target", "") if target else "",
        }


def _inline(part: Node) -> list[Node]:
    if part["kind"] != "list":
        nodes: list[Node] = part["nodes"]
        return nodes
    return [node for item in part["items"] for node in ({"kind": "text", "text": "• "}, *item)]


def _confirmation(element: Json) -> Node | None:
    confirm = element.get("confirm")
    if confirm is None:
        return None
    texts = {name: confirm[name]["text"] for name in ("title", "text", "confirm", "deny")}
    return texts | {"style": confirm.get("style", "")}


def _options(element: Json) -> list[Node]:
    groups = {
        id(option): group["label"]["text"] for group in element.get("option_groups", []) for option in group["options"]
    }
    return [option_node(option, groups.get(id(option), "")) for option in options_of(element)]


def option_node(option: Json, group: str = "") -> Node:
    description = option.get("description", {}).get("text", "")
    return {
        "value": option.get("value", ""),
        "text": option["text"]["text"],
        "description": description,
        "group": group,
        "target": link("", option["url"]).get("target", "") if option.get("url") else "",
    }


def _text_input(element: Json, state: Json) -> Node:
    value = next((entered for name, entered in state.items() if name != "type"), None)
    return {
        "kind": "text_input",
        "type": _TEXT_INPUTS[element["type"]],
        "multiline": element.get("multiline", False),
        "most": element.get("max_length"),
        "value": value or "",
    }


def _select(element: Json, state: Json) -> Node:
    kind = element["type"]
    external = kind.endswith("external_select")
    return {
        "kind": "select",
        "many": _SELECTS[kind],
        "external": external,
        "least": element.get("min_query_length", 3) if external else 0,
        "options": [] if external else _options(element),
        "value": _chosen(state),
    }


def _chosen(state: Json) -> list[Any]:
    """The chosen options, also those that an external select no longer offers."""
    chosen = state.get("selected_options") or [state.get("selected_option")]
    return [option_node(option) for option in chosen if option]
