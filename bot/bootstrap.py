"""Build the objects of a process, each once, on first use.

Adapters are imported inside the functions that need them, so that the receiver starts without what only workers use.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import time
from collections.abc import Callable
from functools import cache, cached_property, partial
from math import inf
from typing import TYPE_CHECKING, Any

from bot import policies
from bot.domain.people import Origin
from bot.errors import SettingsError
from bot.settings import Purpose, Settings, read_settings
from bot.usecases.dependencies import ChannelRouting, Dependencies, new_id
from bot.usecases.ports.runtime import Clock, TimeLeft

if TYPE_CHECKING:
    from bot.domain.business_days import Holidays
    from bot.domain.health import HealthCheck
    from bot.dynamodb import TimeoutPolicy
    from bot.noyo.client import NoyoHttpClient
    from bot.noyo.webhook import WebhookEndpoint
    from bot.secrets import Secrets
    from bot.slack.api.client import SlackApiClient
    from bot.slack.endpoint import Deadline, SlackEndpoint

logger = logging.getLogger("switchboard")


class Deployment:
    """The settings of one deployment, and what is built from them."""

    def __init__(
        self, settings: Settings, *, clock: Clock = time.time, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.sleep = sleep

    # ---------------------------------------------------------------- receivers

    @cached_property
    def slack_endpoint(self) -> SlackEndpoint:
        from bot.slack.endpoint import SlackEndpoint

        return SlackEndpoint(
            signing_secrets=self.secrets.slack_signing, build=self._slack_app, clock=self.clock, deadline=self._deadline
        )

    @cached_property
    def webhook_endpoint(self) -> WebhookEndpoint:
        from bot.domain.health import Component, Topic
        from bot.noyo.webhook import WebhookEndpoint
        from bot.usecases.admin.health_checks import run_health_checks, secret_check

        deps = dataclasses.replace(self.receiver_dependencies, origin=Origin("webhook"))
        checks = {Topic.SECRET: secret_check(self.secrets.noyo_webhook.value)}
        return WebhookEndpoint(
            secrets=self.secrets.noyo_webhook,
            deps=deps,
            check_health=partial(run_health_checks, Component.WEBHOOK, checks, deps),
        )

    @cached_property
    def receiver_dependencies(self) -> Dependencies:
        """What the functions that Slack and Noyo call work with: the table, within the time that the caller waits."""
        return self._dependencies(self.receiver_client, self._receiver_timeouts)

    def _slack_app(self) -> object:
        from bot.slack.api.client import SlackMessageGateway
        from bot.slack.api.workspace import SlackUserDirectory
        from bot.slack.app import build_app
        from bot.slack.context import RequestContext
        from bot.slack.views.message import display_settings

        settings = self.settings
        display = display_settings(settings, self.receiver_dependencies.carriers)
        api = self._slack_api(policies.SLACK_RECEIVER_TIMEOUT_SECONDS, self._deadline.left)
        deps = dataclasses.replace(
            self.receiver_dependencies,
            user_directory=SlackUserDirectory(api, self.clock),
            secret_checks=(self.secrets.slack_signing.value, self.secrets.slack_bot.value),
        )
        return build_app(
            RequestContext(
                deps=deps,
                web=SlackMessageGateway(api, display),
                display=display,
                app_id=settings.slack.app_id,
                needs_second=settings.disconnect_needs_second,
                reject_without_version=settings.reject_without_version,
            )
        )

    @cached_property
    def _deadline(self) -> Deadline:
        """Until when the present request must be answered; endless outside of a request."""
        from bot.slack.endpoint import Deadline

        return Deadline(self.clock)

    @property
    def _receiver_timeouts(self) -> TimeoutPolicy:
        from bot.dynamodb import RECEIVER

        return dataclasses.replace(RECEIVER, left=self._deadline.left)

    def receiver_client(self, service: str) -> Any:
        """A client of AWS without botocore's client factory, which is slow to start."""
        from bot.dynamodb.clients import aws_json_client

        aws, timeouts = self.settings.aws, self._receiver_timeouts
        return aws_json_client(service, region=aws.region, endpoint_url=aws.endpoint_url, timeouts=timeouts)

    # ---------------------------------------------------------------- workers

    @cached_property
    def noyo_dependencies(self) -> Dependencies:
        """What the workers that call Noyo work with."""
        return dataclasses.replace(self.worker_dependencies, noyo=self.noyo)

    @cached_property
    def slack_dependencies(self) -> Dependencies:
        """What the worker that posts to Slack works with."""
        from bot.dynamodb.carriers_file import carriers_source
        from bot.slack.api.client import SlackMessageGateway
        from bot.slack.api.workspace import SlackUserDirectory
        from bot.slack.views.message import display_settings

        api = self._slack_api(policies.SLACK_WORKER_TIMEOUT_SECONDS)
        display = display_settings(self.settings, self.worker_dependencies.carriers)
        return dataclasses.replace(
            self.worker_dependencies,
            carriers_source=carriers_source(self.settings.carriers_file, lambda: self.worker_client("s3")),
            holidays=self._holidays(),
            slack=SlackMessageGateway(api, display),
            user_directory=SlackUserDirectory(api, self.clock),
        )

    @cached_property
    def worker_dependencies(self) -> Dependencies:
        from bot.dynamodb import WORKER

        return self._dependencies(self.worker_client, WORKER)

    def _holidays(self) -> Holidays:
        """If the calendar of the settings does not exist, holidays count as business days, and `doctor` says so."""
        from bot.domain.business_days import NO_HOLIDAYS
        from bot.public_holidays import public_holidays

        try:
            return public_holidays(self.settings.business_calendar)
        except SettingsError:
            logger.exception("no public holidays are known")
            return NO_HOLIDAYS

    def worker_client(self, service: str) -> Any:
        """A client of AWS that botocore makes."""
        from bot.dynamodb import WORKER, aws_client

        aws = self.settings.aws
        return aws_client(service, region=aws.region, endpoint_url=aws.endpoint_url, timeouts=WORKER)

    @cached_property
    def noyo(self) -> NoyoHttpClient:
        from bot.noyo.client import NoyoHttpClient
        from bot.noyo.transport import NoyoSession

        credentials = self.secrets.noyo_client
        return NoyoHttpClient(NoyoSession(self.settings.noyo, credentials, clock=self.clock, sleep=self.sleep))

    def check_slack(self) -> HealthCheck | None:
        """The health checks of the worker that posts to Slack."""
        from bot.domain.health import Component
        from bot.public_holidays import public_holidays
        from bot.slack.api.workspace import SlackHealthClient
        from bot.usecases.admin.health_checks import run_health_checks, slack_checks

        slack, deps = self.settings.slack, self.slack_dependencies
        checks = slack_checks(
            read_secret=self.secrets.slack_bot.value,
            slack=SlackHealthClient(self._slack_api(policies.SLACK_WORKER_TIMEOUT_SECONDS), self.clock),
            channels={
                "CHANNEL_CONNECTIONS": slack.connections_channel,
                "CHANNEL_ALERTS": slack.alerts_channel,
                "CHANNEL_DECISIONS": slack.decisions_channel,
            },
            read_calendar=partial(public_holidays, self.settings.business_calendar),
            deps=deps,
        )
        return run_health_checks(Component.SLACK, checks, deps)

    def check_noyo(self) -> HealthCheck | None:
        """The health checks of the worker that reads Noyo."""
        from bot.domain.health import Component
        from bot.dynamodb.clients import LambdaQuota
        from bot.usecases.admin.health_checks import noyo_checks, run_health_checks

        noyo = self.noyo
        checks = noyo_checks(
            read_secret=self.secrets.noyo_client.value,
            noyo=noyo,
            clock_difference=lambda: noyo.session.clock_difference,
            unreserved=LambdaQuota(lambda: self.worker_client("lambda")).unreserved,
        )
        return run_health_checks(Component.NOYO, checks, self.noyo_dependencies)

    # ---------------------------------------------------------------- shared

    @cached_property
    def secrets(self) -> Secrets:
        from bot.secrets import Secrets

        # The receivers' client also in workers, so that no package has to ship botocore's model of Secrets Manager.
        client = partial(self.receiver_client, "secretsmanager")
        return Secrets(self.settings.secrets, client, self.clock, self._receiver_timeouts.begin)

    def _dependencies(self, make_client: Callable[[str], Any], timeouts: TimeoutPolicy) -> Dependencies:
        from bot.dynamodb import KmsEncryptor, repositories_on
        from bot.usecases.admin.carriers import CarriersInUse

        settings, slack, aws = self.settings, self.settings.slack, self.settings.aws
        client = make_client("dynamodb")
        repositories = repositories_on(client, aws.table, timeouts)
        # Whatever carriers this process has are good enough to go on with, so a failed read is not repeated.
        once = dataclasses.replace(timeouts, total=timeouts.read)
        carriers = CarriersInUse(repositories_on(client, aws.table, once).carriers, self.clock)
        return Dependencies(
            clock=self.clock,
            new_id=new_id,
            records=repositories.records,
            operations=repositories.operations,
            outbox=repositories.outbox,
            messages=repositories.messages,
            people=repositories.people,
            audit=repositories.audit,
            grants=repositories.grants,
            pauses=repositories.pauses,
            polling=repositories.polling,
            absences=repositories.absences,
            health=repositories.health,
            carriers=carriers,
            encryptor=KmsEncryptor(lambda: make_client("kms"), aws.kms_key, timeouts.begin),
            policy=settings.policy,
            mode=settings.mode,
            channels=ChannelRouting(slack.connections_channel, slack.alerts_channel, slack.decisions_channel),
            timezone=settings.timezone,
            not_moving_limits=settings.not_moving_limits,
            summary_hour=settings.summary_hour,
            reconcile_after_seconds=settings.check_after_seconds,
            poll_interval_seconds=settings.poll_seconds,
            sweep_seconds=settings.sweep_hours * 3600,
        )

    def _slack_api(self, seconds: int, left: TimeLeft = lambda: inf) -> SlackApiClient:
        from bot.slack.api.client import SlackApiClient

        return SlackApiClient(
            token=self.secrets.slack_bot, api_url=self.settings.slack.api_url, timeout_seconds=seconds, left=left
        )


@cache
def deployment(*needs: Purpose) -> Deployment:
    """The deployment that the environment describes, for a function that uses these secrets.

    `SettingsError` names every problem in the environment at once.
    """
    return Deployment(read_settings(os.environ, needs))
