"""The Slack app's manifest: what Slack takes, and what the code needs, no more."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bot.settings import read_settings
from bot.slack.api.scopes import SCOPES
from bot.slack.commands import COMMANDS
from infra.manifest import door, main, manifest
from tests.architecture import tree

URL = "https://abc123.execute-api.us-east-1.amazonaws.com/slack/events"
APP = (tree.ROOT / "bot" / "slack" / "app.py").read_text(encoding="utf-8")

BOOL = (bool,)
# The members that Slack's schema of manifests knows, as far as we use them, with each text's longest length.
KNOWN: dict[str, Any] = {
    "_metadata": {"major_version": (int,)},
    "display_information": {"name": 35, "description": 140},
    "features": {
        "app_home": {
            "home_tab_enabled": BOOL,
            "messages_tab_enabled": BOOL,
            "messages_tab_read_only_enabled": BOOL,
        },
        "bot_user": {"display_name": 80, "always_online": BOOL},
        "slash_commands": [
            {"command": 32, "url": 3000, "description": 2000, "usage_hint": 1000, "should_escape": BOOL}
        ],
    },
    "oauth_config": {"scopes": {"bot": [50]}},
    "settings": {
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
        for name, held in value.items():
            assert_known(held, known[name], *path, name)
    elif isinstance(known, list):
        assert isinstance(value, list), path
        assert 1 <= len(value) <= 50, path
        for held in value:
            assert_known(held, known[0], *path)
    elif isinstance(known, int):
        assert isinstance(value, str), path
        assert 1 <= len(value) <= known, path
        assert not path[-1].endswith("url") or re.match("https://", value), path
    else:
        assert type(value) in known, path


def test_slack_takes_it() -> None:
    made = manifest(URL)

    assert_known(made, KNOWN)
    for path in REQUIRED:
        held: Any = made
        for name in path:
            held = held[name]
    assert made["_metadata"]["major_version"] in (1, 2)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("display_information", "name"), "x" * 36),
        (("display_information", "description"), ""),
        (("settings", "interactivity", "request_url"), "http://abc.example/slack/events"),
        (("settings", "events"), {}),
    ],
)
def test_what_slack_would_not_take_is_seen(path: tuple[str, ...], value: Any) -> None:
    made = manifest(URL)
    held: Any = made
    for name in path[:-1]:
        held = held[name]
    held[path[-1]] = value

    with pytest.raises(AssertionError):
        assert_known(made, KNOWN)


def test_the_command_is_the_one_that_the_settings_name_and_hints_at_every_subcommand() -> None:
    [command] = manifest(URL, "/noyo-test")["features"]["slash_commands"]

    assert command["command"] == "/noyo-test"
    assert command["usage_hint"].split(" | ") == list(COMMANDS)
    assert command["url"] == URL


def test_it_asks_for_the_scopes_that_the_code_needs() -> None:
    scopes = manifest(URL)["oauth_config"]["scopes"]

    assert scopes == {"bot": [scope.name for scope in SCOPES]}


def test_what_the_app_listens_to_is_what_slack_is_told() -> None:
    made = manifest(URL)
    heard = set(re.findall(r"\bapp\.(command|view|action|options|event|shortcut|message|function)\(", APP))

    assert heard == {"command", "view", "action", "options"}
    assert len(made["features"]["slash_commands"]) == len(re.findall(r"\bapp\.command\(", APP)) == 1
    assert made["settings"]["interactivity"] == {
        "is_enabled": True,
        "request_url": URL,
        "message_menu_options_url": URL,
    }
    assert "event_subscriptions" not in made["settings"]
    assert "shortcuts" not in made["features"]


def test_people_can_read_the_direct_messages_that_they_are_sent() -> None:
    home = manifest(URL)["features"]["app_home"]

    assert home["messages_tab_enabled"]
    assert not home["home_tab_enabled"]


@pytest.mark.parametrize(
    "given", ["https://abc.example", "https://abc.example/", "https://abc.example/slack/events "]
)
def test_the_door_is_found_from_the_api_s_address_or_its_own(given: str) -> None:
    assert door(given) == "https://abc.example/slack/events"


@pytest.mark.parametrize(
    "given", ["http://abc.example", "abc.example", "", "https://abc.example/other", "https://a.example/?x=1"]
)
def test_an_address_that_slack_could_not_call_is_refused_in_words(
    given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([given]) == 2
    assert "make manifest URL=" in capsys.readouterr().err


def test_a_command_that_the_settings_would_refuse_is_refused_here_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([URL, "--command", "/Noyo"]) == 2
    assert "lower-case" in capsys.readouterr().err
    with pytest.raises(Exception, match="SLACK_COMMAND"):
        read_settings({"SLACK_COMMAND": "/Noyo"})


def test_what_is_printed_is_the_manifest_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([URL]) == 0
    assert json.loads(capsys.readouterr().out) == manifest(URL)
