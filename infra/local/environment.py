"""infra/local: the environment of a bot whose every outside part is on this machine."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
"""As they are kept in Secrets Manager, by the variable that names each."""
PLAIN_SECRETS = {
    "SLACK_SIGNING_SECRET": SIGNING_SECRET,
    "SLACK_BOT_TOKEN": BOT_TOKEN,
    "NOYO_CLIENT_ID": CLIENT_ID,
    "NOYO_CLIENT_SECRET": CLIENT_SECRET,
    "NOYO_WEBHOOK_SECRET": WEBHOOK_SECRET,
}
"""The same without a Secrets Manager."""
ANA, BEN = "U0ANA", "U0BEN"
DEMO_SETTINGS = {"APPROVERS": f"{ANA},{BEN}", "ADMINS": BEN, "CHECK_AFTER_SECONDS": "6"}
"""Who may do what in the demonstration, since by themselves the settings name nobody.

And time to see, on a busy machine too, that a lost answer is being checked.
"""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everything is; `dynamodb` where the table is on another engine than the rest of AWS.

    `secrets` are the ids of `SECRETS` in Secrets Manager; None puts them into the environment itself.
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


def bot_environment(at: Addresses, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the handlers find in their environment; `more` adds to it and overrides it.

    Waits are those of a demonstration: a lost answer is asked about after seconds.
    """
    return (
        CREDENTIALS
        | _endpoints(at)
        | (PLAIN_SECRETS if at.secrets is None else dict(at.secrets))
        | {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "TABLE_NAME": at.table,
            "KMS_KEY_ID": at.kms_key,
            "SLACK_API_URL": at.slack,
            "SLACK_TEAM_ID": TEAM,
            "SLACK_APP_ID": APP,
            "CHANNEL_CONNECTIONS": CONNECTIONS,
            "CHANNEL_ALERTS": ALERTS,
            "CHANNEL_DECISIONS": DECISIONS,
            "NOYO_API_URL": at.noyo_api,
            "NOYO_TOKEN_URL": at.noyo_token,
            "NOYO_TIMEOUT_SECONDS": "2",
            "CHECK_AFTER_SECONDS": "3",
            "POLL_SECONDS": "1",
            "ENVIRONMENT": "local",
            "CARRIERS_FILE": str(at.carriers_file),
            "POWERTOOLS_SERVICE_NAME": "switchboard",
            "POWERTOOLS_LOG_LEVEL": "WARNING",
            "POWERTOOLS_METRICS_DISABLED": "true",
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
        | dict(more or {})
    )


def _endpoints(at: Addresses) -> dict[str, str]:
    """One address for all of AWS, or one for each service: the general one would hide the others from the bot."""
    if at.dynamodb is None:
        return {"AWS_ENDPOINT_URL": at.aws}
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": at.dynamodb,
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": at.dynamodb,
        "AWS_ENDPOINT_URL_KMS": at.aws,
        "AWS_ENDPOINT_URL_LAMBDA": at.aws,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": at.aws,
    }


def write_carriers(folder: Path) -> Path:
    path = folder / "carriers.json"
    path.write_text(json.dumps(CARRIERS, indent=2), encoding="utf-8")
    return path


@contextmanager
def replaced_environ(variables: Mapping[str, str]) -> Iterator[None]:
    """The process's environment is this one while the block runs, and then what it was.

    Somebody's own AWS and settings would lead elsewhere, so every name that the bot may read is taken out first.
    """
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("AWS_") or name in _ALSO_READ]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


_ALSO_READ = {
    *SECRETS,
    *PLAIN_SECRETS,
    "SLACK_COMMAND",
    "BUSINESS_TIMEZONE",
    "REQUESTERS",
    "APPROVERS",
    "ADMINS",
    "RETRY_AT_ACTION_REQUIRED",
    "ALLOW_SELF_APPROVAL",
    "DISCONNECT_NEEDS_SECOND",
    "REJECT_WITHOUT_VERSION",
    "SWEEP_HOURS",
}
