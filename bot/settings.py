"""The settings, read from the environment once; an error names every faulty variable."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot import policies
from bot.domain.morning_summary import parse_hour
from bot.domain.not_moving import Limits, parse_limits
from bot.domain.pauses import Mode
from bot.domain.people import AccessPolicy
from bot.errors import SettingsError

T = TypeVar("T")
PRODUCTION = "production"
NOT_MOVING_DAYS = (
    "waiting_on_carrier=5,noyo_review=5,needs_review=1,unable_to_connect=1,action_required=1,carrier_authorization=1"
)
"""Five business days where others must act, one where we must."""


class Purpose(StrEnum):
    """The purpose of a secret. The value is the variable with its id in Secrets Manager."""

    SLACK_SIGNING = "SECRET_SLACK_SIGNING"
    SLACK_BOT = "SECRET_SLACK_BOT"
    NOYO_CLIENT = "SECRET_NOYO_CLIENT"
    NOYO_WEBHOOK = "SECRET_NOYO_WEBHOOK"


WHOLE_BOT = (Purpose.SLACK_SIGNING, Purpose.SLACK_BOT, Purpose.NOYO_CLIENT)
"""The secrets that Switchboard requires; webhooks are optional."""
PARTS = {
    Purpose.SLACK_SIGNING: {"signing_secrets": "SLACK_SIGNING_SECRET"},
    Purpose.SLACK_BOT: {"bot_token": "SLACK_BOT_TOKEN"},
    Purpose.NOYO_CLIENT: {"client_id": "NOYO_CLIENT_ID", "client_secret": "NOYO_CLIENT_SECRET"},
    Purpose.NOYO_WEBHOOK: {"webhook_secrets": "NOYO_WEBHOOK_SECRET"},
}
"""The fields of each secret, and the variable of each field if the secret is not in Secrets Manager."""


@dataclass(frozen=True, slots=True)
class SecretAt:
    """Where a secret is: in Secrets Manager under this `id` (or ARN); if that is None, in `parts`, field by field."""

    id: str | None = None
    plain: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class CarriersAt:
    """Where the carriers file is: an object in S3; without a bucket, a file on this machine with the path `key`."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class SlackSettings:
    team_id: str
    app_id: str
    api_url: str
    command: str
    connections_channel: str
    alerts_channel: str
    decisions_channel: str


@dataclass(frozen=True, slots=True)
class NoyoSettings:
    api_url: str
    token_url: str
    timeout_seconds: int


@dataclass(frozen=True, slots=True)
class AwsSettings:
    table: str
    kms_key: str
    endpoint_url: str | None
    region: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Durations are in seconds if the name says so."""

    slack: SlackSettings
    noyo: NoyoSettings
    aws: AwsSettings
    secrets: Mapping[Purpose, SecretAt]
    environment: str
    timezone: ZoneInfo
    business_calendar: str
    not_moving_limits: Limits
    summary_hour: int | None
    carriers_file: CarriersAt | None
    policy: AccessPolicy
    retry_at_action_required: bool
    disconnect_needs_second: bool
    reject_without_version: bool
    poll_seconds: int
    sweep_hours: int
    check_after_seconds: int
    group_link: str
    mode: Mode

    @property
    def in_production(self) -> bool:
        return self.environment == PRODUCTION


def read_settings(environ: Mapping[str, str], needs: Collection[Purpose] = WHOLE_BOT) -> Settings:
    """Raises `SettingsError`, which names every missing or malformed variable.

    `needs` are the secrets that must be set: each function is given its own, and may read no other.
    """
    read = _Reader(environ)
    timeout = read.seconds("NOYO_TIMEOUT_SECONDS", 20)
    slack = _slack(read)
    settings = Settings(
        slack=slack,
        noyo=NoyoSettings(
            api_url=read.url("NOYO_API_URL", "https://fulfillment-sandbox.noyo.com").rstrip("/"),
            token_url=read.url("NOYO_TOKEN_URL", "https://accounts.noyo.com/auth/public/token"),
            timeout_seconds=timeout,
        ),
        aws=AwsSettings(
            table=read.text("TABLE_NAME"),
            kms_key=read.text("KMS_KEY_ID"),
            endpoint_url=read.url("AWS_ENDPOINT_URL", "") or None,
            region=read.text("AWS_REGION"),
        ),
        secrets={purpose: read.secret(purpose, needed=purpose in needs) for purpose in Purpose},
        environment=read.text("ENVIRONMENT"),
        timezone=read.parsed("BUSINESS_TIMEZONE", "America/New_York", ZoneInfo),
        not_moving_limits=read.parsed("NOT_MOVING_DAYS", NOT_MOVING_DAYS, parse_limits),
        summary_hour=read.parsed("SUMMARY_HOUR", "9", parse_hour),
        business_calendar=read.parsed("BUSINESS_CALENDAR", "US", _calendar),
        carriers_file=read.parsed("CARRIERS_FILE", "", _carriers_at),
        policy=_access_policy(read, slack.team_id),
        retry_at_action_required=read.parsed("RETRY_AT_ACTION_REQUIRED", "no", _yes_or_no),
        disconnect_needs_second=read.parsed("DISCONNECT_NEEDS_SECOND", "yes", _yes_or_no),
        reject_without_version=read.parsed("REJECT_WITHOUT_VERSION", "no", _yes_or_no),
        poll_seconds=read.seconds("POLL_SECONDS", 60),
        sweep_hours=read.seconds("SWEEP_HOURS", 24),
        check_after_seconds=read.seconds("CHECK_AFTER_SECONDS", max(30, timeout + 10)),
        group_link=read.parsed("GROUP_LINK", "", _group_link),
        mode=read.parsed("MODE", Mode.ACT.value, _mode),
    )
    if settings.check_after_seconds <= timeout:
        read.faults.append("CHECK_AFTER_SECONDS must be more than NOYO_TIMEOUT_SECONDS")
    if timeout > policies.NOYO_MAX_TIMEOUT_SECONDS:
        read.faults.append(f"NOYO_TIMEOUT_SECONDS must be at most {policies.NOYO_MAX_TIMEOUT_SECONDS}")
    read.raise_faults()
    return settings


def _slack(read: _Reader) -> SlackSettings:
    connections = read.slack_id("CHANNEL_CONNECTIONS")
    return SlackSettings(
        team_id=read.text("SLACK_TEAM_ID"),
        app_id=read.text("SLACK_APP_ID"),
        api_url=read.url("SLACK_API_URL", "https://slack.com/api/").rstrip("/") + "/",
        command=read.parsed("SLACK_COMMAND", "/noyo", _command),
        connections_channel=connections,
        alerts_channel=read.slack_id("CHANNEL_ALERTS", connections),
        decisions_channel=read.slack_id("CHANNEL_DECISIONS", connections),
    )


def _access_policy(read: _Reader, team_id: str) -> AccessPolicy:
    return AccessPolicy(
        team_id=team_id,
        requesters=read.parsed("REQUESTERS", "", _holders),
        approvers=read.parsed("APPROVERS", "", _holders),
        admins=read.parsed("ADMINS", "", _holders),
        self_approval=read.parsed("ALLOW_SELF_APPROVAL", "no", _yes_or_no),
    )


class _Reader:
    """Reads variables and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        value = self._environ.get(name, "").strip() or default
        if value is None:
            self.faults.append(f"{name} is missing")
            return ""
        return value

    def parsed(self, name: str, default: str, parse: Callable[[str], T]) -> T:
        value = self.text(name, default)
        try:
            return parse(value)
        except (ValueError, OSError, LookupError) as error:
            self.faults.append(f"{name} cannot be used: {error}")
            return parse(default)

    def seconds(self, name: str, default: int) -> int:
        return self.parsed(name, str(default), _positive)

    def url(self, name: str, default: str) -> str:
        return self.parsed(name, default, _url)

    def secret(self, purpose: Purpose, *, needed: bool) -> SecretAt:
        kept_as = self.text(purpose.value, "")
        default = "" if kept_as or not needed else None
        plain = {part: self.text(variable, default) for part, variable in PARTS[purpose].items()}
        return SecretAt(kept_as) if kept_as else SecretAt(plain=plain)

    def slack_id(self, name: str, default: str | None = None) -> str:
        value = self.text(name, default)
        if value and value != default and not re.fullmatch(r"[CGD][A-Z0-9]+", value):
            self.faults.append(f"{name} must be a channel id such as C0123456789, not a name")
        return value

    def raise_faults(self) -> None:
        if self.faults:
            raise SettingsError("The settings cannot be used: " + "; ".join(self.faults) + ".")


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError("it must be a whole number above 0")
    return number


def _url(text: str) -> str:
    if text and (urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).netloc):
        raise ValueError("it must be an http(s) address")
    return text


def _group_link(text: str) -> str:
    """An https address that contains `{group_id}` and no character that ends a link in Slack."""
    if text and not re.fullmatch(r"https://[^\s<>|{}]+\{group_id\}[^\s<>|{}]*", text):
        raise ValueError("it must be an https address with {group_id} after the name of the host")
    return text


def _command(text: str) -> str:
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", text):
        raise ValueError("it must be / and up to 31 lower-case letters, digits, - or _")
    return text


def _yes_or_no(text: str) -> bool:
    known = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if text.lower() not in known:
        raise ValueError("it must be yes or no")
    return known[text.lower()]


def _calendar(text: str) -> str:
    """Only the form is checked here: whether such a calendar exists is known where holidays are, in the workers."""
    if text != "none" and not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", text):
        raise ValueError("it must be a country such as US, a part of one such as US-NY, or none")
    return text


def _mode(text: str) -> Mode:
    if text not in set(Mode):
        raise ValueError(f"it must be {' or '.join(Mode)}")
    return Mode(text)


def _holders(text: str) -> frozenset[str]:
    holders = frozenset(part for part in re.split(r"[\s,]+", text) if part)
    odd = sorted(holder for holder in holders if not re.fullmatch(r"[UWS][A-Z0-9]+", holder))
    if odd:
        raise ValueError(f"not Slack user or user group ids: {', '.join(odd)}")
    return holders


def _carriers_at(address: str) -> CarriersAt | None:
    if not address.startswith("s3://"):
        return CarriersAt("", address) if address else None
    bucket, _, key = address.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise ValueError("it must be s3://BUCKET/KEY, or the path of a file")
    return CarriersAt(bucket, key)
