"""Tests of the scopes: what is called is asked for, and nothing else is."""

from __future__ import annotations

import re

from bot.slack.scopes import FREE, SCOPES, lacking
from tests.architecture import tree

METHOD = re.compile(
    r'"((?:auth|chat|conversations|files|reactions|team|usergroups|users|views)\.[A-Za-z.]*[A-Za-z])"'
)


def called() -> set[str]:
    room = (tree.ROOT / "bot" / "slack").glob("*.py")
    sources = [path.read_text() for path in room if path.name != "scopes.py"]
    return {method for source in sources for method in METHOD.findall(source)}


def test_every_method_that_is_called_may_be_called() -> None:
    allowed = {method for scope in SCOPES for method in scope.methods} | FREE

    assert "chat.postMessage" in called()
    assert called() - allowed == set()


def test_each_scope_is_named_once_in_order_with_its_reason() -> None:
    names = [scope.name for scope in SCOPES]

    assert names == sorted(set(names))
    assert all(len(scope.why) > 10 for scope in SCOPES)


def test_what_a_token_lacks_is_told_by_name() -> None:
    granted = {scope.name for scope in SCOPES} - {"users:read"} | {"calls:read"}

    assert [scope.name for scope in lacking(granted)] == ["users:read"]
    assert lacking(scope.name for scope in SCOPES) == ()
