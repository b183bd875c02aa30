"""The template's parameters and the bot's settings accept and refuse the same values."""

import re
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, read_settings
from infra.local.aws.table import read_template, with_defaults

TEMPLATE = read_template()
PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]
REQUIRED = {
    "Environment": "production",
    "SlackTeamId": "T0123456789",
    "SlackAppId": "A0123456789",
    "ChannelConnections": "C0123456789",
}
SET_BY_THE_STACK = {"TABLE_NAME": "table", "KMS_KEY_ID": "key", "AWS_REGION": "us-east-1"}


def accepts(parameter: str, value: str) -> bool:
    """Validates like CloudFormation: a pattern must match the whole value."""
    limits = PARAMETERS[parameter]
    if "AllowedValues" in limits:
        return value in [str(allowed) for allowed in limits["AllowedValues"]]
    if limits["Type"] == "Number":
        return value.isdigit() and limits["MinValue"] <= int(value) <= limits["MaxValue"]
    return re.fullmatch(limits["AllowedPattern"], value) is not None


def settings(**parameters: str) -> Settings:
    """The settings of a function with these parameters and the defaults of all others."""
    values = REQUIRED | parameters
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    environment = {
        name: values.get(value["Ref"]) or str(with_defaults(TEMPLATE, value))
        for name, value in variables.items()
        if value.get("Ref") in PARAMETERS
    }
    return read_settings(environment | SET_BY_THE_STACK, needs=())


def test_the_required_parameters_and_the_defaults_are_valid_settings() -> None:
    missing = {name for name, parameter in PARAMETERS.items() if "Default" not in parameter}

    assert missing == REQUIRED.keys()
    assert all(accepts(name, value) for name, value in REQUIRED.items())
    assert all(
        accepts(name, str(parameter["Default"])) for name, parameter in PARAMETERS.items() if "Default" in parameter
    )
    assert settings().in_production


ACCEPTED = {
    "SlackCommand": ["/noyo", "/noyo-test_2"],
    "ChannelAlerts": ["G0123456789"],
    "NoyoApiUrl": ["https://fulfillment.noyo.com"],
    "NoyoTimeoutSeconds": ["1", "30"],
    "CheckAfterSeconds": ["31", "99", "100", "899"],
    "PollSeconds": ["60", "3600"],
    "Requesters": ["U1", "U1,S2", "S1, W2"],
    "Approvers": ["S0123456789,U0123456789"],
    "Admins": ["U0123456789"],
    "RetryAtActionRequired": ["yes", "no"],
    "AllowSelfApproval": ["yes"],
    "GroupLink": ["https://tools.example.com/groups/{group_id}?tab=noyo"],
    "BusinessTimezone": ["America/Chicago", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5"],
    "SummaryHour": ["0", "9", "10", "16", "none"],
}
REFUSED = {
    "ChannelConnections": ["#connections", "connections"],
    "ChannelAlerts": ["#alerts"],
    "ChannelDecisions": ["decisions"],
    "SlackCommand": ["noyo", "/Noyo", "/"],
    "NoyoApiUrl": ["fulfillment.noyo.com"],
    "NoyoTokenUrl": ["accounts.noyo.com/token"],
    "NoyoTimeoutSeconds": ["0", "31", "soon"],
    "CheckAfterSeconds": ["0", "19", "soon"],
    "SweepHours": ["0", "-1"],
    "Requesters": ["@ana", "ana"],
    "Approvers": ["@ana,U1", "#approvers"],
    "Admins": ["ana"],
    "RetryAtActionRequired": ["perhaps"],
    "GroupLink": ["https://tools.example.com/groups", "http://tools.example.com/{group_id}", "{group_id}"],
    "BusinessTimezone": ["Nowhere/ Land", "-"],
    "SummaryHour": ["17", "-1", "9:00", "nine"],
}


@pytest.mark.parametrize(
    ("parameter", "value"), [(name, value) for name, values in ACCEPTED.items() for value in values]
)
def test_the_bot_accepts_what_the_template_accepts(parameter: str, value: str) -> None:
    assert accepts(parameter, value)
    assert settings(**{parameter: value})


@pytest.mark.parametrize(
    ("parameter", "value"), [(name, value) for name, values in REFUSED.items() for value in values]
)
def test_the_template_refuses_what_the_bot_refuses(parameter: str, value: str) -> None:
    assert not accepts(parameter, value)
    with pytest.raises(SettingsError):
        settings(**{parameter: value})


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("Environment", "Production"), ("SlackTeamId", "our-team"), ("SlackAppId", "noyo"), ("Release", "x")],
)
def test_the_template_refuses_values_that_would_only_fail_at_run_time(parameter: str, value: str) -> None:
    assert not accepts(parameter, value)
