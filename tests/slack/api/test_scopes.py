"""The scopes of the app: those that its calls need, and no others."""

from __future__ import annotations

import re

from bot.slack.api.workspace import FREE, SCOPES, lacking
from tests.architecture import tree

METHOD = re.compile(r'"((?:auth|chat|conversations|files|reactions|team|usergroups|users|views)\.[A-Za-z.]*[A-Za-z])"')


_READS_HISTORY = {"channels:history", "groups:history", "im:history", "mpim:history"}
# The scopes of a bot token that the page of each method documents; one of them is enough:
# https://docs.slack.dev/reference/methods/METHOD
DOCUMENTED: dict[str, set[str]] = {
    "auth.test": set(),
    "chat.delete": {"chat:write"},
    "chat.getPermalink": set(),
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": _READS_HISTORY,
    "conversations.info": {"channels:read", "groups:read", "im:read", "mpim:read"},
    "conversations.open": {"channels:manage", "groups:write", "im:write", "mpim:write"},
    "conversations.replies": _READS_HISTORY,
    "usergroups.users.list": {"usergroups:read"},
    "users.info": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
    "views.update": set(),
}


def called_methods() -> set[str]:
    paths = (tree.ROOT / "bot" / "slack").glob("**/*.py")
    sources = [path.read_text() for path in paths if path.name != "scopes.py"]
    return {method for source in sources for method in METHOD.findall(source)}


def test_every_called_method_has_a_scope() -> None:
    allowed = {method for scope in SCOPES for method in scope.methods} | FREE

    assert "chat.postMessage" in called_methods()
    assert called_methods() - allowed == set()


def test_every_method_is_listed_under_a_scope_that_slack_documents() -> None:
    for scope in SCOPES:
        for method in scope.methods:
            assert scope.name in DOCUMENTED[method], f"{method} is not called under {scope.name}"
    assert {method for method, scopes in DOCUMENTED.items() if not scopes} == FREE
    assert called_methods() <= DOCUMENTED.keys()


def test_every_scope_has_a_method_that_is_called() -> None:
    unused = [scope.name for scope in SCOPES if scope.methods and not set(scope.methods) & called_methods()]

    assert unused == []


def test_scopes_are_sorted_and_unique_and_have_a_reason() -> None:
    names = [scope.name for scope in SCOPES]

    assert names == sorted(set(names))
    assert all(len(scope.why) > 10 for scope in SCOPES)


def test_missing_scopes_are_named() -> None:
    granted = {scope.name for scope in SCOPES} - {"users:read"} | {"calls:read"}

    assert [scope.name for scope in lacking(granted)] == ["users:read"]
    assert lacking(scope.name for scope in SCOPES) == ()
