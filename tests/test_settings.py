"""Tests of the settings: every fault at once, each default, and no secret told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.domain.people import Right
from bot.errors import SettingsError
from bot.settings import PARTS, WHOLE_BOT, Purpose, SecretAt, Settings, read_settings

GUARDIAN = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
NEEDED = {
    "SLACK_SIGNING_SECRET": "the-signing-secret",
    "SLACK_BOT_TOKEN": "xoxb-the-token",
    "SLACK_TEAM_ID": "T0TEAM",
    "SLACK_APP_ID": "A0APP",
    "CHANNEL_CONNECTIONS": "C0CONNECTIONS",
    "NOYO_CLIENT_ID": "the-client",
    "NOYO_CLIENT_SECRET": "the-client-secret",
    "TABLE_NAME": "switchboard",
    "KMS_KEY_ID": "a-key",
    "AWS_REGION": "eu-west-1",
    "ENVIRONMENT": "production",
}


def with_(**variables: str) -> Settings:
    return read_settings(NEEDED | variables)


def faults(**variables: str) -> str:
    with pytest.raises(SettingsError) as raised:
        with_(**variables)
    return str(raised.value)


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({})

    assert [name for name in NEEDED if f"{name} is missing" not in str(raised.value)] == []


@pytest.mark.parametrize("name", NEEDED)
def test_each_required_setting_is_required_and_blank_is_missing(name: str) -> None:
    assert faults(**{name: "  "}) == f"The settings cannot be used: {name} is missing."


def test_each_default_is_what_the_readme_says() -> None:
    settings = with_()

    assert settings.slack.api_url == "https://slack.com/api/"
    assert settings.slack.command == "/noyo"
    assert settings.slack.alerts_channel == settings.slack.decisions_channel == "C0CONNECTIONS"
    assert settings.noyo.api_url == "https://fulfillment-sandbox.noyo.com"
    assert settings.noyo.token_url == "https://accounts.noyo.com/auth/public/token"
    assert settings.noyo.timeout_seconds == 20
    assert settings.aws.endpoint_url is None
    assert settings.timezone.key == "America/New_York"
    assert settings.carriers.name(GUARDIAN) == GUARDIAN
    assert [settings.policy.holders(right) for right in Right] == [frozenset()] * len(Right)
    assert settings.retry_at_action_required is False
    assert (settings.poll_seconds, settings.sweep_hours, settings.check_after_seconds) == (60, 24, 30)
    assert settings.in_production


def test_the_quiet_time_follows_the_time_out() -> None:
    assert with_(NOYO_TIMEOUT_SECONDS="30").check_after_seconds == 40
    assert "CHECK_AFTER_SECONDS must be more than" in faults(NOYO_TIMEOUT_SECONDS="30", CHECK_AFTER_SECONDS="30")


def test_a_time_out_that_a_worker_has_no_time_for_is_refused() -> None:
    assert "NOYO_TIMEOUT_SECONDS must be at most 30" in faults(NOYO_TIMEOUT_SECONDS="31")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_API_URL", "slack.com/api"),
        ("SLACK_API_URL", "ftp://slack.com/api"),
        ("NOYO_API_URL", "http://"),
        ("NOYO_TOKEN_URL", "//accounts"),
        ("AWS_ENDPOINT_URL", "localhost:4566"),
        ("SLACK_COMMAND", "noyo"),
        ("SLACK_COMMAND", "/Noyo now"),
        ("SLACK_COMMAND", "/" + "x" * 32),
        ("CHANNEL_ALERTS", "#alerts"),
        ("CHANNEL_DECISIONS", "decisions"),
        ("NOYO_TIMEOUT_SECONDS", "0"),
        ("POLL_SECONDS", "-5"),
        ("POLL_SECONDS", "five"),
        ("SWEEP_HOURS", "1.5"),
        ("GROUP_LINK", "http://insecure.example/{group_id}"),
        ("GROUP_LINK", "https://admin.example/groups"),
        ("GROUP_LINK", "https://admin.example/{id}/{group_id}"),
        ("GROUP_LINK", "https://admin.example/<{group_id}|x>"),
        ("BUSINESS_TIMEZONE", "Eastern"),
        ("BUSINESS_TIMEZONE", "../etc/passwd"),
        ("REQUESTERS", "ana@example.com"),
        ("APPROVERS", "U0ANA, ben"),
        ("ADMINS", "@ana"),
        ("RETRY_AT_ACTION_REQUIRED", "perhaps"),
        ("CARRIERS_FILE", "/nowhere/carriers.json"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str) -> None:
    assert f"{name} " in faults(**{name: value})


def test_several_faults_are_named_together() -> None:
    said = faults(SLACK_COMMAND="noyo", POLL_SECONDS="no", TABLE_NAME="", ADMINS="ana")

    assert all(name in said for name in ("SLACK_COMMAND", "POLL_SECONDS", "TABLE_NAME", "ADMINS"))


def test_a_channel_that_was_not_named_is_not_blamed_for_the_one_it_follows() -> None:
    said = faults(CHANNEL_CONNECTIONS="#connections")

    assert "CHANNEL_CONNECTIONS" in said
    assert "CHANNEL_ALERTS" not in said


def test_addresses_are_taken_with_or_without_a_slash_at_their_end() -> None:
    for ending in ("", "/"):
        settings = with_(SLACK_API_URL=f"http://127.0.0.1:1/api{ending}", NOYO_API_URL=f"http://127.0.0.1:2{ending}")
        assert settings.slack.api_url == "http://127.0.0.1:1/api/"
        assert settings.noyo.api_url == "http://127.0.0.1:2"


def test_people_and_groups_are_named_with_commas_spaces_or_both() -> None:
    policy = with_(REQUESTERS=" U0ANA,W0BEN S0TEAM,\n").policy

    assert policy.requesters == {"U0ANA", "W0BEN", "S0TEAM"}
    assert policy.groups(Right.REQUEST) == {"S0TEAM"}


@pytest.mark.parametrize(("text", "meant"), [("yes", True), ("TRUE", True), ("1", True), ("No", False)])
def test_yes_and_no_are_read_as_people_write_them(text: str, meant: bool) -> None:
    assert with_(RETRY_AT_ACTION_REQUIRED=text).retry_at_action_required is meant


def test_anything_but_production_is_not_production() -> None:
    assert not with_(ENVIRONMENT="Production ready").in_production


def test_carriers_are_read_from_a_file_whatever_the_case_of_their_ids(tmp_path: Path) -> None:
    file = tmp_path / "carriers.json"
    file.write_text(json.dumps({GUARDIAN.upper(): " Guardian "}), encoding="utf-8")

    assert with_(CARRIERS_FILE=str(file)).carriers.name(GUARDIAN) == "Guardian"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"guardian": "Guardian"}', f'{{"{GUARDIAN}": ""}}', f'{{"{GUARDIAN}": null}}']
)
def test_a_file_of_carriers_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "carriers.json"
    file.write_text(content, encoding="utf-8")

    assert "CARRIERS_FILE cannot be used" in faults(CARRIERS_FILE=str(file))


@pytest.mark.parametrize("purpose", Purpose)
def test_a_secret_may_be_kept_in_secrets_manager_instead(purpose: Purpose) -> None:
    here = {name: value for name, value in NEEDED.items() if name not in PARTS[purpose].values()}
    settings = read_settings(here | {purpose.value: "arn:its-place"}, needs={*WHOLE_BOT, purpose})

    assert settings.secrets[purpose] == SecretAt("arn:its-place")


def test_where_a_secret_is_kept_counts_more_than_what_the_environment_holds() -> None:
    assert with_(SECRET_NOYO_CLIENT="noyo-client").secrets[Purpose.NOYO_CLIENT].plain == {}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_function_is_asked_for_no_secret_but_its_own(purpose: Purpose) -> None:
    plain = {variable for parts in PARTS.values() for variable in parts.values()}
    bare = {name: value for name, value in NEEDED.items() if name not in plain}
    with pytest.raises(SettingsError) as raised:
        read_settings(bare, needs=[purpose])

    missing = " is missing; ".join(PARTS[purpose].values()) + " is missing."
    assert str(raised.value) == f"The settings cannot be used: {missing}"


def test_no_secret_is_in_what_is_printed_or_in_what_is_said_of_a_fault() -> None:
    secrets = [NEEDED[name] for name in ("SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN", "NOYO_CLIENT_SECRET")]
    text = repr(with_()) + str(with_()) + faults(TABLE_NAME="", POLL_SECONDS="x")

    assert [secret for secret in secrets if secret in text] == []
