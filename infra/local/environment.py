"""The environment variables of a bot whose Slack, Noyo and AWS are on this machine."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import SettingsError
from bot.settings import read_settings
from infra.local.aws.embedded import CREDENTIALS, REGION

GUARDIAN = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
CARRIERS = {
    GUARDIAN: "Guardian",
    "3f1c2d7e-58a4-4b0f-9a3e-6d2b7c9e1f05": "Principal",
    "a84e6b90-2c37-4d15-8f6a-0b9d4e7c3a21": "Beam Dental",
}
SIGNING_SECRET = "local-signing-secret"
BOT_TOKEN = "xoxb-local"
TEAM, APP = "T0LOCAL", "A0LOCAL"
CONNECTIONS, ALERTS, DECISIONS = "C0CONNECTIONS", "C0ALERTS", "C0DECISIONS"
CLIENT_ID, CLIENT_SECRET = "client", "secret"
WEBHOOK_SECRET = "local-webhook-secret"
SECRETS: dict[str, dict[str, Any]] = {
    "SECRET_SLACK_SIGNING": {"signing_secrets": [SIGNING_SECRET]},
    "SECRET_SLACK_BOT": {"bot_token": BOT_TOKEN},
    "SECRET_NOYO_CLIENT": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    "SECRET_NOYO_WEBHOOK": {"webhook_secrets": [WEBHOOK_SECRET]},
}
"""The contents of the secrets in Secrets Manager, by the variable that names each secret."""
PLAIN_SECRETS = {
    "SLACK_SIGNING_SECRET": SIGNING_SECRET,
    "SLACK_BOT_TOKEN": BOT_TOKEN,
    "NOYO_CLIENT_ID": CLIENT_ID,
    "NOYO_CLIENT_SECRET": CLIENT_SECRET,
    "NOYO_WEBHOOK_SECRET": WEBHOOK_SECRET,
}
"""The same secrets as plain environment variables."""
ANA, BEN = "U0ANA", "U0BEN"
STORY_SETTINGS = {"APPROVERS": f"{ANA},{BEN}", "ADMINS": BEN, "CHECK_AFTER_SECONDS": "6"}
"""The approvers and the admin of the story, and a delay that is long enough to see the check of a lost answer."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The endpoints and ids of the parts; `dynamodb` if the table is elsewhere than the rest of AWS.

    `secrets` are the ids of `SECRETS` in Secrets Manager; None puts the secrets into the environment.
    """

    slack: str
    noyo_api: str
    noyo_token: str
    aws: str
    table: str
    kms_key: str
    carriers_file: Path
    dynamodb: str | None = None
    secrets: Mapping[str, str] | None = None


def bot_environment(addresses: Addresses, extra_settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables for the handlers, with `extra_settings` added. Delays are short: lost answers are checked soon."""
    return (
        CREDENTIALS
        | _endpoints(addresses)
        | (PLAIN_SECRETS if addresses.secrets is None else dict(addresses.secrets))
        | {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "TABLE_NAME": addresses.table,
            "KMS_KEY_ID": addresses.kms_key,
            "SLACK_API_URL": addresses.slack,
            "SLACK_TEAM_ID": TEAM,
            "SLACK_APP_ID": APP,
            "CHANNEL_CONNECTIONS": CONNECTIONS,
            "CHANNEL_ALERTS": ALERTS,
            "CHANNEL_DECISIONS": DECISIONS,
            "NOYO_API_URL": addresses.noyo_api,
            "NOYO_TOKEN_URL": addresses.noyo_token,
            "NOYO_TIMEOUT_SECONDS": "2",
            "CHECK_AFTER_SECONDS": "3",
            "POLL_SECONDS": "1",
            "ENVIRONMENT": "local",
            "CARRIERS_FILE": str(addresses.carriers_file),
            "POWERTOOLS_SERVICE_NAME": "switchboard",
            "POWERTOOLS_LOG_LEVEL": "WARNING",
            "POWERTOOLS_METRICS_DISABLED": "true",
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
        | dict(extra_settings or {})
    )


def _endpoints(addresses: Addresses) -> dict[str, str]:
    """One endpoint for all of AWS, or one for each service: the bot ignores those if the general one is set."""
    if addresses.dynamodb is None:
        return {"AWS_ENDPOINT_URL": addresses.aws}
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": addresses.dynamodb,
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": addresses.dynamodb,
        "AWS_ENDPOINT_URL_KMS": addresses.aws,
        "AWS_ENDPOINT_URL_LAMBDA": addresses.aws,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": addresses.aws,
    }


def write_carriers(folder: Path, carriers: Mapping[str, Any] = CARRIERS) -> Path:
    """Writes the bot's list of carriers: names by id, or names with details. Returns the file's path."""
    path = folder / "carriers.json"
    path.write_text(json.dumps(dict(carriers), indent=2), encoding="utf-8")
    return path


@contextmanager
def replaced_environ(variables: Mapping[str, str]) -> Iterator[None]:
    """Replaces the process's environment while the block runs.

    Every variable that the bot may read is removed first, so that a developer's own settings have no effect.
    """
    before, names = dict(os.environ), settings_names()
    for name in [name for name in before if name.startswith(("AWS_", "POWERTOOLS_")) or name in names]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def settings_names() -> frozenset[str]:
    """The names of all variables that the bot reads its settings from."""
    environ = _EmptyEnviron()
    with suppress(SettingsError):  # it names all that are missing, after everything was read
        read_settings(environ)
    return frozenset(environ.names)


class _EmptyEnviron(Mapping[str, str]):
    """Has no variables, and remembers the names that were looked up."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
