"""Settings: all errors are reported at once, defaults agree with the README, and no secret is printed."""

from __future__ import annotations

import pytest

from bot.domain.people import Right
from bot.errors import SettingsError
from bot.settings import PARTS, WHOLE_BOT, CarriersAt, Purpose, SecretAt, Settings, read_settings

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


def settings_with(**variables: str) -> Settings:
    return read_settings(NEEDED | variables)


def error_message(**variables: str) -> str:
    with pytest.raises(SettingsError) as raised:
        settings_with(**variables)
    return str(raised.value)


def test_all_missing_settings_are_reported_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({})

    assert [name for name in NEEDED if f"{name} is missing" not in str(raised.value)] == []


@pytest.mark.parametrize("name", NEEDED)
def test_a_blank_required_setting_is_missing(name: str) -> None:
    assert error_message(**{name: "  "}) == f"The settings cannot be used: {name} is missing."


def test_defaults_agree_with_the_readme() -> None:
    settings = settings_with()

    assert settings.slack.api_url == "https://slack.com/api/"
    assert settings.slack.command == "/noyo"
    assert settings.slack.alerts_channel == settings.slack.decisions_channel == "C0CONNECTIONS"
    assert settings.noyo.api_url == "https://fulfillment-sandbox.noyo.com"
    assert settings.noyo.token_url == "https://accounts.noyo.com/auth/public/token"
    assert settings.noyo.timeout_seconds == 20
    assert settings.aws.endpoint_url is None
    assert settings.timezone.key == "America/New_York"
    assert settings.carriers_file is None
    assert [settings.policy.holders(right) for right in Right] == [frozenset()] * len(Right)
    assert settings.retry_at_action_required is False
    assert (settings.poll_seconds, settings.sweep_hours, settings.check_after_seconds) == (60, 24, 30)
    assert settings.in_production


def test_the_default_time_before_a_check_follows_the_timeout() -> None:
    assert settings_with(NOYO_TIMEOUT_SECONDS="30").check_after_seconds == 40
    assert "CHECK_AFTER_SECONDS must be more than" in error_message(NOYO_TIMEOUT_SECONDS="30", CHECK_AFTER_SECONDS="30")


def test_a_timeout_longer_than_a_worker_allows_is_refused() -> None:
    assert "NOYO_TIMEOUT_SECONDS must be at most 30" in error_message(NOYO_TIMEOUT_SECONDS="31")


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
        ("BUSINESS_CALENDAR", "us"),
        ("BUSINESS_CALENDAR", "United States"),
        ("NOT_MOVING_DAYS", "waiting_on_carrier"),
        ("NOT_MOVING_DAYS", "completed=5"),
        ("SUMMARY_HOUR", "17"),
        ("SUMMARY_HOUR", "9am"),
        ("REQUESTERS", "ana@example.com"),
        ("APPROVERS", "U0ANA, ben"),
        ("ADMINS", "@ana"),
        ("RETRY_AT_ACTION_REQUIRED", "perhaps"),
        ("CARRIERS_FILE", "s3://bucket"),
        ("CARRIERS_FILE", "s3:///carriers.json"),
    ],
)
def test_an_invalid_value_is_reported_with_its_setting(name: str, value: str) -> None:
    assert f"{name} " in error_message(**{name: value})


def test_several_errors_are_reported_together() -> None:
    message = error_message(SLACK_COMMAND="noyo", POLL_SECONDS="no", TABLE_NAME="", ADMINS="ana")

    assert all(name in message for name in ("SLACK_COMMAND", "POLL_SECONDS", "TABLE_NAME", "ADMINS"))


def test_an_invalid_channel_is_not_reported_for_the_channels_that_default_to_it() -> None:
    message = error_message(CHANNEL_CONNECTIONS="#connections")

    assert "CHANNEL_CONNECTIONS" in message
    assert "CHANNEL_ALERTS" not in message


def test_urls_are_accepted_with_and_without_a_trailing_slash() -> None:
    for ending in ("", "/"):
        settings = settings_with(
            SLACK_API_URL=f"http://127.0.0.1:1/api{ending}", NOYO_API_URL=f"http://127.0.0.1:2{ending}"
        )
        assert settings.slack.api_url == "http://127.0.0.1:1/api/"
        assert settings.noyo.api_url == "http://127.0.0.1:2"


def test_people_and_groups_are_separated_by_commas_or_spaces() -> None:
    policy = settings_with(REQUESTERS=" U0ANA,W0BEN S0TEAM,\n").policy

    assert policy.requesters == {"U0ANA", "W0BEN", "S0TEAM"}
    assert policy.groups(Right.REQUEST) == {"S0TEAM"}


@pytest.mark.parametrize(("text", "expected"), [("yes", True), ("TRUE", True), ("1", True), ("No", False)])
def test_a_boolean_setting_accepts_the_usual_spellings(text: str, expected: bool) -> None:
    assert settings_with(RETRY_AT_ACTION_REQUIRED=text).retry_at_action_required is expected


def test_any_environment_other_than_production_is_not_production() -> None:
    assert not settings_with(ENVIRONMENT="Production ready").in_production


def test_the_carriers_file_is_an_object_in_s3_or_a_path() -> None:
    assert settings_with(CARRIERS_FILE="s3://bucket/a/carriers.json").carriers_file == CarriersAt(
        "bucket", "a/carriers.json"
    )
    assert settings_with(CARRIERS_FILE="a/carriers.json").carriers_file == CarriersAt("", "a/carriers.json")


@pytest.mark.parametrize("purpose", Purpose)
def test_a_secret_can_be_stored_in_secrets_manager(purpose: Purpose) -> None:
    variables = {name: value for name, value in NEEDED.items() if name not in PARTS[purpose].values()}
    settings = read_settings(variables | {purpose.value: "arn:its-place"}, needs={*WHOLE_BOT, purpose})

    assert settings.secrets[purpose] == SecretAt("arn:its-place")


def test_the_id_of_a_secret_takes_precedence_over_a_plain_value() -> None:
    assert settings_with(SECRET_NOYO_CLIENT="noyo-client").secrets[Purpose.NOYO_CLIENT].plain == {}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_function_requires_only_its_own_secrets(purpose: Purpose) -> None:
    plain = {variable for parts in PARTS.values() for variable in parts.values()}
    bare = {name: value for name, value in NEEDED.items() if name not in plain}
    with pytest.raises(SettingsError) as raised:
        read_settings(bare, needs=[purpose])

    missing = " is missing; ".join(PARTS[purpose].values()) + " is missing."
    assert str(raised.value) == f"The settings cannot be used: {missing}"


def test_printed_settings_and_error_messages_contain_no_secret() -> None:
    secrets = [NEEDED[name] for name in ("SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN", "NOYO_CLIENT_SECRET")]
    text = repr(settings_with()) + str(settings_with()) + error_message(TABLE_NAME="", POLL_SECONDS="x")

    assert [secret for secret in secrets if secret in text] == []
