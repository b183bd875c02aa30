"""Which statements of the bot contain text for people, and which of them run."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_WORDS = re.compile(r"[A-Za-z…']+[,.:;]? [A-Za-z“]")
_NOT_SHOWN = ("logger.", "log_event(", "raise ValueError(")


def statements_with_text(source: str) -> dict[int, ast.stmt]:
    """The simple statements in functions that contain at least two words of text, by their first line."""
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    statements = (node for function in functions for node in _simple_statements(function))
    return {each.lineno: each for each in statements if _has_text(each)}


def _simple_statements(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    nodes = (node for statement in body for node in ast.walk(statement))
    return (node for node in nodes if isinstance(node, ast.Return | ast.Assign | ast.AugAssign | ast.Expr | ast.Raise))


def _has_text(statement: ast.stmt) -> bool:
    if ast.unparse(statement).startswith(_NOT_SHOWN):
        return False
    constants = (node.value for node in ast.walk(statement) if isinstance(node, ast.Constant))
    return any(isinstance(value, str) and _WORDS.search(value) for value in constants)


def texts_not_run(paths: list[Path], act: Callable[[], object]) -> dict[str, list[str]]:
    """The statements with text in these files that `act` does not run, by file name."""
    sources = {str(path): statements_with_text(path.read_text()) for path in paths}
    by_line = {path: _by_line(statements) for path, statements in sources.items()}
    waiting: dict[CodeType, dict[int, int]] = {}
    run: dict[str, set[int]] = {path: set() for path in sources}

    def enter(frame: FrameType, _: str, __: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in by_line:
            return None
        if code not in waiting:
            lines = by_line[code.co_filename]
            waiting[code] = {line: lines[line] for *_, line in code.co_lines() if line in lines}
        return follow if waiting[code] else None

    def follow(frame: FrameType, _: str, __: Any) -> Any:
        code, first = frame.f_code, waiting[frame.f_code].get(frame.f_lineno)
        if first is not None:
            run[code.co_filename].add(first)
            waiting[code] = {line: start for line, start in waiting[code].items() if start != first}
        return follow

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        act()
    finally:
        sys.settrace(before)
    missing = {path: [each for line, each in found.items() if line not in run[path]] for path, found in sources.items()}
    return {Path(path).name: [ast.unparse(each) for each in left] for path, left in missing.items() if left}


def _by_line(statements: dict[int, ast.stmt]) -> dict[int, int]:
    """The first line of the statement on each line."""
    return {line: first for first, each in statements.items() for line in range(first, (each.end_lineno or first) + 1)}
