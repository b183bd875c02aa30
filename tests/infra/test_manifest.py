"""The Slack app's manifest: Slack accepts it, and it requests exactly what the code needs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bot.settings import read_settings
from bot.slack.api.workspace import SCOPES
from bot.slack.commands import COMMANDS
from bot.slack.shortcuts import SHORTCUTS
from infra.manifest import endpoint, main, manifest
from tests.architecture import tree

URL = "https://abc123.execute-api.us-east-1.amazonaws.com/slack/events"
APP = (tree.ROOT / "bot" / "slack" / "app.py").read_text(encoding="utf-8")

BOOL = (bool,)
# The part of Slack's manifest schema that we use; a number is the maximum length of a text.
KNOWN: dict[str, Any] = {
    "_metadata": {"major_version": (int,)},
    "display_information": {"name": 35, "description": 140},
    "features": {
        "app_home": {"home_tab_enabled": BOOL, "messages_tab_enabled": BOOL, "messages_tab_read_only_enabled": BOOL},
        "bot_user": {"display_name": 80, "always_online": BOOL},
        "shortcuts": [{"name": 24, "type": 7, "callback_id": 255, "description": 150}],
        "slash_commands": [
            {"command": 32, "url": 3000, "description": 2000, "usage_hint": 1000, "should_escape": BOOL}
        ],
    },
    "oauth_config": {"scopes": {"bot": [50]}},
    "settings": {
        "event_subscriptions": {"request_url": 3500, "bot_events": [50]},
        "interactivity": {"is_enabled": BOOL, "request_url": 3500, "message_menu_options_url": 3500},
        "org_deploy_enabled": BOOL,
        "socket_mode_enabled": BOOL,
        "token_rotation_enabled": BOOL,
    },
}
REQUIRED = {("display_information", "name"), ("settings", "interactivity", "is_enabled")}


def assert_known(value: Any, known: Any, *path: str) -> None:
    if isinstance(known, dict):
        assert isinstance(value, dict), path
        assert value.keys() <= known.keys(), path
        for name, member in value.items():
            assert_known(member, known[name], *path, name)
    elif isinstance(known, list):
        assert isinstance(value, list), path
        assert 1 <= len(value) <= 50, path
        for element in value:
            assert_known(element, known[0], *path)
    elif isinstance(known, int):
        assert isinstance(value, str), path
        assert 1 <= len(value) <= known, path
        assert not path[-1].endswith("url") or re.match("https://", value), path
    else:
        assert type(value) in known, path


def test_slack_accepts_the_manifest() -> None:
    document = manifest(URL)

    assert_known(document, KNOWN)
    for path in REQUIRED:
        value: Any = document
        for name in path:
            value = value[name]
    assert document["_metadata"]["major_version"] in (1, 2)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("display_information", "name"), "x" * 36),
        (("display_information", "description"), ""),
        (("settings", "interactivity", "request_url"), "http://abc.example/slack/events"),
        (("settings", "events"), {}),
    ],
)
def test_a_value_that_slack_rejects_is_found(path: tuple[str, ...], value: Any) -> None:
    document = manifest(URL)
    parent: Any = document
    for name in path[:-1]:
        parent = parent[name]
    parent[path[-1]] = value

    with pytest.raises(AssertionError):
        assert_known(document, KNOWN)


def test_slack_accepts_the_manifest_for_socket_mode_which_has_no_urls() -> None:
    document = manifest(None)

    assert_known(document, KNOWN)
    assert document["settings"]["socket_mode_enabled"]
    assert not manifest(URL)["settings"]["socket_mode_enabled"]
    assert "url" not in json.dumps(document)


def test_the_command_is_configurable_and_its_hint_lists_every_subcommand() -> None:
    [command] = manifest(URL, "/noyo-test")["features"]["slash_commands"]

    assert command["command"] == "/noyo-test"
    assert command["usage_hint"].split(" | ") == list(COMMANDS)
    assert command["url"] == URL


def test_it_requests_the_scopes_that_the_code_needs() -> None:
    scopes = manifest(URL)["oauth_config"]["scopes"]

    assert scopes == {"bot": [scope.name for scope in SCOPES]}


def test_the_manifest_enables_exactly_what_the_app_listens_to() -> None:
    document = manifest(URL)
    listeners = set(re.findall(r"\bapp\.(command|view|action|options|event|shortcut|message|function)\(", APP))

    assert listeners == {"command", "view", "action", "options", "shortcut", "event"}
    assert len(document["features"]["slash_commands"]) == len(re.findall(r"\bapp\.command\(", APP)) == 1
    assert document["settings"]["interactivity"] == {
        "is_enabled": True,
        "request_url": URL,
        "message_menu_options_url": URL,
    }
    events = re.findall(r"\bapp\.event\(\"(\w+)\"", APP)
    assert document["settings"]["event_subscriptions"] == {"request_url": URL, "bot_events": events}
    assert [shortcut["callback_id"] for shortcut in document["features"]["shortcuts"]] == list(SHORTCUTS)


def test_people_can_open_the_app_home_and_read_the_bots_direct_messages() -> None:
    home = manifest(URL)["features"]["app_home"]

    assert home["messages_tab_enabled"]
    assert home["home_tab_enabled"]


@pytest.mark.parametrize("given", ["https://abc.example", "https://abc.example/", "https://abc.example/slack/events "])
def test_the_endpoint_is_derived_from_the_api_url_or_its_own_url(given: str) -> None:
    assert endpoint(given) == "https://abc.example/slack/events"


@pytest.mark.parametrize(
    "given", ["http://abc.example", "abc.example", "", "https://abc.example/other", "https://a.example/?x=1"]
)
def test_a_url_that_slack_cannot_call_is_refused_with_a_message(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([given]) == 2
    assert "make manifest URL=" in capsys.readouterr().err


def test_a_command_that_the_settings_refuse_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([URL, "--command", "/Noyo"]) == 2
    assert "lower-case" in capsys.readouterr().err
    with pytest.raises(Exception, match="SLACK_COMMAND"):
        read_settings({"SLACK_COMMAND": "/Noyo"})


def test_only_the_manifest_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([URL]) == 0
    assert json.loads(capsys.readouterr().out) == manifest(URL)
    assert main(["--socket-mode", "--command", "/noyo-test"]) == 0
    assert json.loads(capsys.readouterr().out) == manifest(None, "/noyo-test")
