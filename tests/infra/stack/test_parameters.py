"""What the template takes as a parameter the bot takes as a setting; what the bot refuses is refused there already."""

import re
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, read_settings
from infra.local.table import read_template, with_defaults

TEMPLATE = read_template()
PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]
GIVEN = {
    "Environment": "production",
    "SlackTeamId": "T0123456789",
    "SlackAppId": "A0123456789",
    "ChannelConnections": "C0123456789",
}
OF_THE_STACK = {"TABLE_NAME": "table", "KMS_KEY_ID": "key", "AWS_REGION": "us-east-1"}


def takes(parameter: str, value: str) -> bool:
    """As CloudFormation judges: a pattern must fit the whole value."""
    limits = PARAMETERS[parameter]
    if "AllowedValues" in limits:
        return value in [str(one) for one in limits["AllowedValues"]]
    if limits["Type"] == "Number":
        return value.isdigit() and limits["MinValue"] <= int(value) <= limits["MaxValue"]
    return re.fullmatch(limits["AllowedPattern"], value) is not None


def settings(**given: str) -> Settings:
    """What a function reads where these parameters are given and all others are left alone."""
    whole = GIVEN | given
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    environment = {
        name: whole.get(value["Ref"]) or str(with_defaults(TEMPLATE, value))
        for name, value in variables.items()
        if value.get("Ref") in PARAMETERS
    }
    return read_settings(environment | OF_THE_STACK, needs=())


def test_the_defaults_and_what_must_be_given_make_a_bot() -> None:
    missing = {name for name, one in PARAMETERS.items() if "Default" not in one}

    assert missing == GIVEN.keys()
    assert all(takes(name, value) for name, value in GIVEN.items())
    assert all(takes(name, str(one["Default"])) for name, one in PARAMETERS.items() if "Default" in one)
    assert settings().in_production


TAKEN = {
    "SlackCommand": ["/noyo", "/noyo-test_2"],
    "ChannelAlerts": ["G0123456789"],
    "NoyoApiUrl": ["https://fulfillment.noyo.com"],
    "NoyoTimeoutSeconds": ["1", "30"],
    "CheckAfterSeconds": ["31", "99", "100", "999"],
    "PollSeconds": ["60", "3600"],
    "Requesters": ["U1", "U1,S2", "S1, W2"],
    "Approvers": ["S0123456789,U0123456789"],
    "Admins": ["U0123456789"],
    "RetryAtActionRequired": ["yes", "no"],
    "AllowSelfApproval": ["yes"],
    "GroupLink": ["https://tools.example.com/groups/{group_id}?tab=noyo"],
    "BusinessTimezone": ["America/Chicago", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5"],
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
}


@pytest.mark.parametrize(
    ("parameter", "value"), [(name, value) for name, values in TAKEN.items() for value in values]
)
def test_what_the_template_takes_the_bot_takes(parameter: str, value: str) -> None:
    assert takes(parameter, value)
    assert settings(**{parameter: value})


@pytest.mark.parametrize(
    ("parameter", "value"), [(name, value) for name, values in REFUSED.items() for value in values]
)
def test_what_the_bot_refuses_is_refused_before_it_is_deployed(parameter: str, value: str) -> None:
    assert not takes(parameter, value)
    with pytest.raises(SettingsError):
        settings(**{parameter: value})


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("Environment", "Production"), ("SlackTeamId", "our-team"), ("SlackAppId", "noyo"), ("Release", "x")],
)
def test_what_would_only_be_found_out_at_run_time_is_refused_as_well(parameter: str, value: str) -> None:
    assert not takes(parameter, value)
