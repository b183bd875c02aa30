"""The demo with a Slack and a Noyo elsewhere; these are fakes too, but the stack knows only their settings."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from infra.local import __main__ as main
from infra.local.environment import SECRETS, settings_names
from infra.local.noyo import NoyoFake
from infra.local.real_parts import (
    NOYO_OPTIONAL,
    NOYO_REQUIRED,
    SLACK_OPTIONAL,
    SLACK_REQUIRED,
    RealParts,
    read_real_parts,
)
from infra.local.slack import Limits, SlackFake
from tests.infra.local.waiting import wait_until

SETTINGS = {
    "SLACK_APP_TOKEN": "xapp-elsewhere",
    "SLACK_BOT_TOKEN": "xoxb-elsewhere",
    "SLACK_TEAM_ID": "T0ELSEWHERE",
    "SLACK_APP_ID": "A0ELSEWHERE",
    "CHANNEL_CONNECTIONS": "C0TEAM",
    "NOYO_CLIENT_ID": "client-elsewhere",
    "NOYO_CLIENT_SECRET": "secret-elsewhere",
}
# More than a static menu can show, so that the form asks for suggestions.
CARRIERS = {str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))): f"Carrier {number}" for number in range(120)}
PATIENT = Limits(ack_seconds=30, hang_up_seconds=30, trigger_seconds=30)


def test_all_missing_settings_of_the_named_parts_are_reported_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        read_real_parts({"SLACK_TEAM_ID": "T1", "NOYO_CLIENT_ID": " "}, slack=True, noyo=True)

    missing = [name for name in SETTINGS if name != "SLACK_TEAM_ID"]
    assert [name for name in SETTINGS if f"{name} is missing" in str(raised.value)] == missing


@pytest.mark.parametrize(("slack", "noyo"), [(False, False), (True, False), (False, True)])
def test_settings_of_a_part_that_the_command_does_not_name_are_ignored(slack: bool, noyo: bool) -> None:
    settings = read_real_parts(SETTINGS, slack=slack, noyo=noyo).settings

    assert ("SLACK_BOT_TOKEN" in settings) is slack
    assert ("NOYO_CLIENT_ID" in settings) is noyo


def test_each_setting_of_the_bot_belongs_to_a_service_or_is_the_demos_own() -> None:
    belong = {*SLACK_REQUIRED, *SLACK_OPTIONAL, *NOYO_REQUIRED, *NOYO_OPTIONAL}
    aws = {"TABLE_NAME", "KMS_KEY_ID", "AWS_ENDPOINT_URL", "AWS_REGION"}

    own = {*SECRETS, "SLACK_SIGNING_SECRET", "NOYO_WEBHOOK_SECRET", "ENVIRONMENT", *aws}
    assert settings_names() == belong | own
    assert belong & own == set()


def test_noyos_production_and_a_token_of_another_kind_are_refused() -> None:
    with pytest.raises(SettingsError, match="production"):
        read_real_parts(SETTINGS | {"NOYO_API_URL": "https://fulfillment.noyo.com"}, slack=False, noyo=True)
    with pytest.raises(SettingsError, match="app-level token"):
        read_real_parts(SETTINGS | {"SLACK_APP_TOKEN": "xoxb-1"}, slack=True, noyo=False)


def test_no_secret_appears_in_the_text_of_the_parts() -> None:
    text = repr(read_real_parts(SETTINGS, slack=True, noyo=True))

    assert "elsewhere" not in text


def test_the_command_names_what_is_missing_and_plays_the_story_on_fakes_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)

    assert main.main(["demo", "--noyo", "sandbox"]) == 2
    assert "NOYO_CLIENT_ID is missing; NOYO_CLIENT_SECRET is missing." in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main.main(["demo", "--once", "--slack", "real"])
    assert "the story is played on fakes only" in capsys.readouterr().err


@dataclass
class Elsewhere:
    """A Slack in Socket Mode and a Noyo that the stack did not start."""

    slack: SlackFake
    noyo: NoyoFake
    environ: dict[str, str]

    def submit_form(self, values: dict[str, str]) -> Any:
        view = self.slack.view_of("U1") or self.slack.command("U1", "C0TEAM", text="connect").view
        assert view is not None
        return self.slack.submit("U1", view.id, values)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    carriers = tmp_path / "carriers.json"
    carriers.write_text(json.dumps(CARRIERS), encoding="utf-8")
    ids = {"team_id": "T0ELSEWHERE", "app_id": "A0ELSEWHERE"}
    tokens = {"bot_token": "xoxb-elsewhere", "app_token": "xapp-elsewhere"}
    with (
        SlackFake(**ids, **tokens, limits=PATIENT) as slack,
        NoyoFake(client_id="client-elsewhere", client_secret="secret-elsewhere") as noyo,
    ):
        slack.add_user("U1", "Ana")
        slack.add_channel("C0TEAM", "team")
        addresses = {"SLACK_API_URL": slack.url, "NOYO_API_URL": noyo.api_url, "NOYO_TOKEN_URL": noyo.token_url}
        yield Elsewhere(slack, noyo, SETTINGS | addresses | {"CARRIERS_FILE": str(carriers)})


@contextmanager
def running(parts: RealParts) -> Iterator[threading.Event]:
    """Runs the demo until the block ends; then its status must be 0."""
    stopping, statuses = threading.Event(), []
    thread = threading.Thread(target=lambda: statuses.append(main.demo(parts=parts, stopping=stopping)))
    thread.start()
    try:
        yield stopping
    finally:
        stopping.set()
        thread.join()
    assert statuses == [0]


@pytest.mark.long
@pytest.mark.usefixtures("restored_logging")
def test_people_of_a_real_slack_use_the_bot_with_noyos_sandbox(
    elsewhere: Elsewhere, capsys: pytest.CaptureFixture[str]
) -> None:
    slack, noyo = elsewhere.slack, elsewhere.noyo
    assert slack.socket_mode is not None
    values = {"carrier_id": "Carrier 119", "group_name": "Test Company", "carrier_group_id": "00110011"}

    with running(read_real_parts(elsewhere.environ, slack=True, noyo=True)):
        assert wait_until(lambda: slack.socket_mode.count == 1, 30)
        assert elsewhere.submit_form(values | {"federal_ein": "12"}).errors
        assert elsewhere.submit_form(values | {"federal_ein": "123456789"}).errors == {}
        assert slack.socket_mode.redeliver().ok
        assert wait_until(lambda: len(posts(noyo)) > 0 and shows(slack, "Test Company"), 30)

    assert len(posts(noyo)) == 1
    assert [envelope["payload"].get("type", "command") for envelope in slack.socket_mode.envelopes] == [
        *("command", "block_suggestion", "view_submission"),
        *("view_submission", "view_submission"),
    ]
    assert wait_until(lambda: slack.socket_mode.count == 0)
    printed = capsys.readouterr().out
    assert f"Slack: real, workspace T0ELSEWHERE, {slack.url}\nNoyo:  the sandbox, {noyo.api_url}\nAWS:   " in printed
    assert "Type /noyo help in Slack." in printed
    assert "was not acknowledged" not in printed


def posts(noyo: NoyoFake) -> list[Any]:
    return [request for request in noyo.requests if request.method == "POST" and "group_connections" in request.path]


def shows(slack: SlackFake, text: str) -> bool:
    return any(text in slack.render(message) for message in slack.channel("C0TEAM"))


@pytest.mark.long
@pytest.mark.usefixtures("restored_logging")
def test_a_real_slack_shows_what_happens_at_the_fake_of_noyo(
    elsewhere: Elsewhere, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(read_real_parts(elsewhere.environ, slack=True, noyo=False)):
        assert wait_until(lambda: shows(elsewhere.slack, "Unable to connect"), 60)

    assert elsewhere.noyo.requests == []
    assert "Noyo:  a local fake" in capsys.readouterr().out


@pytest.mark.long
@pytest.mark.usefixtures("restored_logging")
def test_the_page_can_be_used_with_noyos_sandbox(elsewhere: Elsewhere, capsys: pytest.CaptureFixture[str]) -> None:
    printed: list[str] = []

    with running(read_real_parts(elsewhere.environ, slack=False, noyo=True)):
        assert wait_until(lambda: bool(elsewhere.noyo.requests), 40)
        assert wait_until(lambda: printed.append(capsys.readouterr().out) or "Ctrl-C" in "".join(printed))

    assert "Slack: a local fake" in "".join(printed)
    assert f"Noyo:  the sandbox, {elsewhere.noyo.api_url}" in "".join(printed)
    assert "Open http://127.0.0.1:" in "".join(printed)
    assert elsewhere.slack.calls == []
