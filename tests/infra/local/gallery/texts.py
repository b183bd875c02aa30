"""The texts for people in the bot's source, and the texts of an entry."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

_WORDS = re.compile(r"[A-Za-z…']+[,.:;]? +[A-Za-z“]")
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_NOT_SHOWN = ("logger.", "log_event(", "raise ValueError(")


def texts_in(source: str) -> Iterator[str]:
    """Each constant text of at least two words, in pieces around its placeholders; no docstrings and no log entries."""
    tree = ast.parse(source)
    for text in _constants(tree):
        for piece in _PLACEHOLDER.split(text):
            if _WORDS.search(piece):
                yield normalized(piece)


def _constants(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.stmt) and ast.unparse(node).startswith(_NOT_SHOWN):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if not is_docstring:
            yield from _constants(child)


def shown_text(blocks: Any) -> str:
    """All texts of blocks or of a view; the parts of a line are joined."""
    return normalized("\n".join(_lines(blocks)))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        if str(value.get("type", "")).startswith("rich_text_"):
            yield "".join(part.get("text", "") for part in value["elements"])
        for name, inner in value.items():
            if name not in ("value", "private_metadata"):
                yield from _lines(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _lines(inner)


def normalized(text: str) -> str:
    return " ".join(text.casefold().split())
