import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.settings import Purpose, read_settings
from infra.local.environment import (
    GUARDIAN,
    PLAIN_SECRETS,
    SECRETS,
    Addresses,
    bot_environment,
    replaced_environ,
    write_carriers,
)


def addresses(tmp_path: Path, dynamodb: str | None = None) -> Addresses:
    return Addresses(
        slack="http://127.0.0.1:1/api/",
        noyo_api="http://127.0.0.1:2",
        noyo_token="http://127.0.0.1:2/token",
        aws="http://127.0.0.1:3",
        table="here",
        kms_key="key",
        carriers_file=write_carriers(tmp_path),
        dynamodb=dynamodb,
    )


def test_the_settings_name_only_local_endpoints(tmp_path: Path) -> None:
    settings = read_settings(bot_environment(addresses(tmp_path)))

    assert settings.slack.api_url == "http://127.0.0.1:1/api/"
    assert settings.noyo.token_url == "http://127.0.0.1:2/token"
    assert settings.aws.endpoint_url == "http://127.0.0.1:3"
    assert settings.carriers_file is not None
    assert GUARDIAN in Path(settings.carriers_file.key).read_text("utf-8")
    assert not settings.in_production


def test_a_separate_dynamodb_endpoint_replaces_the_general_one(tmp_path: Path) -> None:
    variables = bot_environment(addresses(tmp_path, dynamodb="http://127.0.0.1:4"))

    assert read_settings(variables).aws.endpoint_url is None
    assert variables["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:4"
    assert variables["AWS_ENDPOINT_URL_KMS"] == "http://127.0.0.1:3"


def test_extra_settings_override_the_others(tmp_path: Path) -> None:
    more = {"RETRY_AT_ACTION_REQUIRED": "yes", "SLACK_BOT_TOKEN": "xoxb-other"}

    settings = read_settings(bot_environment(addresses(tmp_path), more))

    assert settings.retry_at_action_required
    assert settings.secrets[Purpose.SLACK_BOT].plain == {"bot_token": "xoxb-other"}


def test_secrets_are_in_the_environment_or_in_secrets_manager_but_not_in_both(tmp_path: Path) -> None:
    plain = bot_environment(addresses(tmp_path))
    ids = {purpose.value: f"arn:{purpose.name}" for purpose in Purpose}
    by_id = bot_environment(replace(addresses(tmp_path), secrets=ids))

    assert set(SECRETS) == set(ids)
    assert set(plain) - set(by_id) == set(PLAIN_SECRETS)
    assert set(by_id) - set(plain) == set(ids)
    assert [secret.id for secret in read_settings(by_id).secrets.values()] == list(ids.values())


def test_the_developers_own_settings_are_removed_and_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    own = dict.fromkeys(("AWS_PROFILE", "APPROVERS", "MODE", "GROUP_LINK", "POWERTOOLS_METRICS_NAMESPACE"), "mine")
    for name, value in (own | {"TABLE_NAME": "mine"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("KMS_KEY_ID", raising=False)
    path = os.environ["PATH"]

    with replaced_environ({"TABLE_NAME": "here", "KMS_KEY_ID": "key"}):
        inside = dict(os.environ)

    assert (inside["TABLE_NAME"], inside["KMS_KEY_ID"], inside["PATH"]) == ("here", "key", path)
    assert own.keys() & inside.keys() == set()
    assert own.items() <= os.environ.items()
    assert os.environ["TABLE_NAME"] == "mine"
    assert "KMS_KEY_ID" not in os.environ


def test_the_environment_is_restored_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "mine")

    with pytest.raises(RuntimeError), replaced_environ({"TABLE_NAME": "here"}):
        raise RuntimeError("no")

    assert os.environ["TABLE_NAME"] == "mine"
