"""Real services instead of the demo's fakes, only if the command names them: `make demo SLACK=real NOYO=sandbox`.

AWS stays embedded, so that what the bot stores is discarded at the end.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bot.errors import SettingsError
from bot.settings import read_settings
from infra.local import seed_data
from infra.local.aws.runtime import Intervals
from infra.local.datasets import SMALL, Dataset
from infra.local.datasets.loading import continue_once_loaded, loaded_stack
from infra.local.socket_mode import APP_TOKEN, ROUTE, SIGNING_SECRET, SocketMode, read_app_token
from infra.local.stack import LocalStack

SLACK_REQUIRED = ("SLACK_BOT_TOKEN", "SLACK_TEAM_ID", "SLACK_APP_ID", "CHANNEL_CONNECTIONS")
SLACK_OPTIONAL = (
    *("SLACK_API_URL", "SLACK_COMMAND", "CHANNEL_ALERTS", "CHANNEL_DECISIONS", "REQUESTERS", "APPROVERS", "ADMINS"),
    *("ALLOW_SELF_APPROVAL", "DISCONNECT_NEEDS_SECOND", "BUSINESS_TIMEZONE", "BUSINESS_CALENDAR"),
    *("NOT_MOVING_DAYS", "SUMMARY_HOUR"),
)
NOYO_REQUIRED = ("NOYO_CLIENT_ID", "NOYO_CLIENT_SECRET")
NOYO_OPTIONAL = (
    *("NOYO_API_URL", "NOYO_TOKEN_URL", "NOYO_TIMEOUT_SECONDS", "CHECK_AFTER_SECONDS", "POLL_SECONDS", "CARRIERS_FILE"),
    *("MODE", "REJECT_WITHOUT_VERSION", "RETRY_AT_ACTION_REQUIRED", "GROUP_LINK", "SWEEP_HOURS"),
)
PRODUCTION = "fulfillment.noyo.com"


@dataclass(frozen=True, slots=True)
class RealParts:
    """Which services are real, and the settings for them. Without any, everything is local."""

    slack: bool = False
    noyo: bool = False
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    app_token: str = field(default="", repr=False)

    def stack(
        self, out: Callable[[str], object], dataset: Dataset, clock: Callable[[], float] = time.time
    ) -> AbstractContextManager[LocalStack]:
        """The demo's stack, with the data set in the fake of Noyo. Noyo's sandbox is polled as a deployed bot polls."""
        options: dict[str, Any] = {
            "extra_settings": seed_data.SETTINGS | dict(self.settings),
            "table_endpoint": os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"),
            "clock": clock,
            "on_problem": out,
        }
        if not self.noyo:
            return loaded_stack(dataset, **options)
        stack = LocalStack(intervals=Intervals(), prepare=lambda stack: seed_data.join_channels(stack.slack), **options)
        seed_data.add_people(stack.slack)
        return stack

    def summary(self, stack: LocalStack) -> str:
        """Says which parts are real. Call it while the stack runs."""
        if not self.slack and not self.noyo:
            return "Slack, Noyo and AWS are fakes on this machine."
        settings = read_settings(os.environ, needs=())
        slack = f"real, workspace {settings.slack.team_id}" if self.slack else "a local fake"
        noyo = "the sandbox" if self.noyo else "a local fake"
        return (
            f"Slack: {slack}, {settings.slack.api_url}\n"
            f"Noyo:  {noyo}, {settings.noyo.api_url}\n"
            f"AWS:   embedded, {stack.aws.endpoint_url}; what the bot stores is discarded at the end"
        )


def read_real_parts(environ: Mapping[str, str], *, slack: bool, noyo: bool) -> RealParts:
    """Reads the settings of the named parts only. Raises SettingsError, which names all that are missing."""
    required = (*((APP_TOKEN, *SLACK_REQUIRED) if slack else ()), *(NOYO_REQUIRED if noyo else ()))
    missing = [f"{name} is missing" for name in required if not environ.get(name, "").strip()]
    if missing:
        raise SettingsError(f"The settings cannot be used: {'; '.join(missing)}.")
    settings = (_slack_settings(environ) if slack else {}) | (_noyo_settings(environ) if noyo else {})
    return RealParts(slack, noyo, settings, (read_app_token(environ) or "") if slack else "")


def _slack_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The bot reads its secrets from variables, instead of from the embedded Secrets Manager."""
    plain = {"SECRET_SLACK_BOT": "", "SECRET_SLACK_SIGNING": "", SIGNING_SECRET: secrets.token_hex(32)}
    return plain | _values(environ, (*SLACK_REQUIRED, *SLACK_OPTIONAL))


def _noyo_settings(environ: Mapping[str, str]) -> dict[str, str]:
    if urlsplit(environ.get("NOYO_API_URL", "")).hostname == PRODUCTION:
        raise SettingsError("The settings cannot be used: NOYO_API_URL is Noyo's production, not its sandbox.")
    return {"SECRET_NOYO_CLIENT": ""} | _values(environ, (*NOYO_REQUIRED, *NOYO_OPTIONAL))


def _values(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """An empty value replaces the demo's own by the bot's default."""
    return {name: environ.get(name, "").strip() for name in names}


def serve_real_slack(
    parts: RealParts, out: Callable[[str], object], stopping: threading.Event, dataset: Dataset = SMALL
) -> None:
    """People use the real Slack, so there is no page. Runs until `stopping` is set.

    Raises ConnectionError if Slack refuses the app-level token.
    """
    with parts.stack(out, dataset) as stack, _socket_mode(parts, stack, out):
        out(parts.summary(stack))
        out(f"Type {read_settings(os.environ, needs=()).slack.command} help in Slack. Ctrl-C stops everything.")
        if not parts.noyo:
            continue_once_loaded(stack, stopping)
        stopping.wait()


def _socket_mode(parts: RealParts, stack: LocalStack, out: Callable[[str], object]) -> SocketMode:
    return SocketMode(
        stack.routes[ROUTE].invoke,
        app_token=parts.app_token,
        api_url=read_settings(os.environ, needs=()).slack.api_url,
        signing_secret=parts.settings[SIGNING_SECRET],
        on_problem=out,
    )
