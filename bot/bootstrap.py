"""The only place where real things are built, each once, on first use.

Rooms are imported where they are needed, so that the receiver starts without what only the workers use.
"""

from __future__ import annotations

import dataclasses
import os
import time
import uuid
from collections.abc import Callable
from functools import cache, cached_property, partial
from math import inf
from typing import TYPE_CHECKING

from bot.domain.audit import Origin
from bot.settings import Purpose, Settings, read_settings
from bot.usecases.ports.runtime import Clock, TimeLeft

if TYPE_CHECKING:
    from bot.dynamodb import ClientFactory, KmsEncryptor, Repositories
    from bot.dynamodb.lambda_quota import LambdaQuota
    from bot.dynamodb.timeouts import TimeoutPolicy
    from bot.noyo.client import NoyoHttpClient
    from bot.noyo.webhook import WebhookEndpoint
    from bot.secrets import Secrets, SecretsClient
    from bot.slack.api.client import SlackApiClient
    from bot.slack.api.messages import SlackMessageGateway
    from bot.slack.api.people import SlackUserDirectory
    from bot.slack.deadline import Deadline
    from bot.slack.endpoint import SlackEndpoint
    from bot.usecases.admin import grant_audit, health_checks, pause
    from bot.usecases.admin.sending_guard import SendingGuard
    from bot.usecases.notifications import channels
    from bot.usecases.operations import lifecycle
    from bot.usecases.records import poll

RECEIVER_SLACK_SECONDS = 1
WORKER_SLACK_SECONDS = 10


class Deployment:
    """One running Switchboard: its settings and the things built from them."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = time.time,
        sleep: Callable[[float], None] = time.sleep,
        lean_clients: bool = True,
    ) -> None:
        """`quick_clients`: the receiver calls AWS without botocore's client factory, which takes long to start."""
        self.settings = settings
        self.lean_clients = lean_clients
        self.clock = clock
        self.sleep = sleep

    # ---------------------------------------------------------------- the receivers

    @cached_property
    def slack_endpoint(self) -> SlackEndpoint:
        """What Slack's requests come in by."""
        from bot.slack.endpoint import SlackEndpoint

        return SlackEndpoint(
            signing_secrets=self.secrets.slack_signing,
            build=self._slack_app,
            clock=self.clock,
            deadline=self._deadline,
        )

    @cached_property
    def _deadline(self) -> Deadline:
        """Of the request that is served; endless for whoever serves none."""
        from bot.slack.deadline import Deadline

        return Deadline(self.clock)

    def _slack_app(self) -> object:
        from bot.dynamodb import RECEIVER, aws_client
        from bot.dynamodb.aws_json import aws_json_client
        from bot.slack.app import build_app
        from bot.slack.context import RequestContext
        from bot.slack.views.display_settings import display_settings
        from bot.usecases.admin import health_report, pause
        from bot.usecases.operations import submit
        from bot.usecases.records import claim

        make = aws_json_client if self.lean_clients else aws_client
        timeouts = dataclasses.replace(RECEIVER, left=self._deadline.left)
        calls = self._slack_calls(RECEIVER_SLACK_SECONDS, self._deadline.left)
        settings, store = self.settings, self._store(timeouts, make)
        context = RequestContext(
            records=store.records,
            operations=store.operations,
            people=store.people,
            audit=store.audit,
            submitting=submit.Tools(
                store.operations,
                store.records,
                self._sealer(timeouts, make),
                self.clock,
                new_id,
                self._gate(store),
                store.audit,
                settings.policy,
            ),
            claiming=claim.Tools(store.records, settings.timezone, self.clock, new_id),
            pausing=pause.Tools(store.pauses, self.clock, new_id),
            health_reporting=health_report.Tools(
                store.operations,
                store.outbox,
                store.polling,
                store.health,
                self._gate(store),
                self.clock,
                (self.secrets.slack_signing.value, self.secrets.slack_bot.value),
            ),
            web=self._slack_web(calls),
            user_directory=self._slack_people(calls),
            policy=settings.policy,
            display=display_settings(settings),
            command=settings.slack.command,
            app_id=settings.slack.app_id,
            retry_at_action_required=settings.retry_at_action_required,
            needs_second=settings.disconnect_needs_second,
            reject_without_version=settings.reject_without_version,
            clock=self.clock,
            new_id=new_id,
        )
        return build_app(context)

    @cached_property
    def webhook_endpoint(self) -> WebhookEndpoint:
        """What Noyo's webhooks come in by."""
        from bot.domain.health import Component, Topic
        from bot.dynamodb import RECEIVER, aws_client
        from bot.dynamodb.aws_json import aws_json_client
        from bot.noyo.webhook import WebhookEndpoint
        from bot.usecases.admin import health_checks
        from bot.usecases.admin.noyo_checks import secret_check
        from bot.usecases.operations import submit

        make = aws_json_client if self.lean_clients else aws_client
        store = self._store(RECEIVER, make)
        looks = {Topic.SECRET: secret_check(self.secrets.noyo_webhook.value)}
        looking = health_checks.Tools(Component.WEBHOOK, looks, store.health, self.clock)
        return WebhookEndpoint(
            secrets=self.secrets.noyo_webhook,
            look_after=partial(health_checks.run_health_checks, looking),
            submitting=submit.Tools(
                store.operations,
                store.records,
                self._sealer(RECEIVER, make),
                self.clock,
                new_id,
                self._gate(store),
                store.audit,
                origin=Origin("webhook"),
            ),
        )

    # ---------------------------------------------------------------- the workers

    @cached_property
    def store(self) -> Repositories:
        from bot.dynamodb import WORKER, aws_client

        return self._store(WORKER, aws_client)

    @cached_property
    def noyo(self) -> NoyoHttpClient:
        from bot.noyo.client import NoyoHttpClient

        noyo = self.settings.noyo
        return NoyoHttpClient(
            api_url=noyo.api_url,
            token_url=noyo.token_url,
            credentials=self.secrets.noyo_client,
            timeout_seconds=noyo.timeout_seconds,
            clock=self.clock,
            sleep=self.sleep,
        )

    @cached_property
    def executing(self) -> lifecycle.Tools:
        from bot.dynamodb import WORKER, aws_client
        from bot.usecases.operations import lifecycle

        return lifecycle.Tools(
            operations=self.store.operations,
            records=self.store.records,
            people=self.store.people,
            noyo=self.noyo,
            encryptor=self._sealer(WORKER, aws_client),
            policy=self.settings.policy,
            quiet_seconds=self.settings.check_after_seconds,
            clock=self.clock,
            new_id=new_id,
            sending_guard=self._gate(self.store),
            timezone=self.settings.timezone,
        )

    @cached_property
    def pausing(self) -> pause.Tools:
        from bot.usecases.admin import pause

        return pause.Tools(self.store.pauses, self.clock, new_id)

    def polling(self, deadline: float) -> poll.Tools:
        """`deadline`: when to stop and leave the rest to the next run, in Unix seconds."""
        from bot.usecases.records import poll

        return poll.Tools(
            noyo=self.noyo,
            records=self.store.records,
            operations=self.store.operations,
            outbox=self.store.outbox,
            polling=self.store.polling,
            clock=self.clock,
            interval_seconds=self.settings.poll_seconds,
            sweep_seconds=self.settings.sweep_hours * 3600,
            deadline=deadline,
        )

    @cached_property
    def slack_people(self) -> SlackUserDirectory:
        return self._slack_people(self._slack_calls(WORKER_SLACK_SECONDS))

    @cached_property
    def grant_auditing(self) -> grant_audit.Tools:
        from bot.usecases.admin import grant_audit

        store = self.store
        return grant_audit.Tools(
            store.grants, store.people, self.slack_people, self.settings.policy, self.clock, new_id
        )

    @cached_property
    def publishing(self) -> channels.Tools:
        from bot.domain.business_days import day_of
        from bot.usecases.notifications import channels
        from bot.usecases.notifications.publisher import MessagePublisher
        from bot.usecases.notifications.read_model import ReadModel

        slack, zone = self.settings.slack, self.settings.timezone
        return channels.Tools(
            outbox=self.store.outbox,
            read_model=ReadModel(
                self.store.records, self.store.operations, lambda: day_of(self.clock(), zone)
            ),
            people=self.store.people,
            user_directory=self.slack_people,
            publisher=MessagePublisher(
                self._slack_web(self._slack_calls(WORKER_SLACK_SECONDS)),
                self.store.messages,
                self.clock,
                new_id,
            ),
            channels=channels.ChannelRouting(
                slack.connections_channel, slack.alerts_channel, slack.decisions_channel
            ),
            timezone=zone,
            pauses=self.store.pauses,
        )

    @cached_property
    def slack_health(self) -> health_checks.Tools:
        """What the worker that posts to Slack looks after."""
        from bot.domain.health import Component
        from bot.slack.api.health import SlackHealthClient
        from bot.usecases.admin import health_checks
        from bot.usecases.admin.slack_checks import slack_checks

        slack = self.settings.slack
        looks = slack_checks(
            read_secret=self.secrets.slack_bot.value,
            slack=SlackHealthClient(self._slack_calls(WORKER_SLACK_SECONDS), self.clock),
            channels={
                "CHANNEL_CONNECTIONS": slack.connections_channel,
                "CHANNEL_ALERTS": slack.alerts_channel,
                "CHANNEL_DECISIONS": slack.decisions_channel,
            },
            people=self.store.people,
            user_directory=self.slack_people,
            policy=self.settings.policy,
            clock=self.clock,
        )
        return health_checks.Tools(Component.SLACK, looks, self.store.health, self.clock)

    @cached_property
    def noyo_health(self) -> health_checks.Tools:
        """What the worker that reads Noyo looks after."""
        from bot.domain.health import Component
        from bot.usecases.admin import health_checks
        from bot.usecases.admin.noyo_checks import noyo_checks

        noyo = self.noyo
        looks = noyo_checks(
            read_secret=self.secrets.noyo_client.value,
            noyo=noyo,
            clock_difference=lambda: noyo.clock_difference,
            unreserved=self._quota().unreserved,
        )
        return health_checks.Tools(Component.NOYO, looks, self.store.health, self.clock)

    # ---------------------------------------------------------------- what all use

    @cached_property
    def secrets(self) -> Secrets:
        """The secrets of this deployment; each is read when it is used first."""
        from bot.dynamodb import RECEIVER
        from bot.secrets import Secrets

        timeouts = dataclasses.replace(RECEIVER, left=self._deadline.left)
        client = partial(self._secrets_client, timeouts)
        return Secrets(self.settings.secrets, client, self.clock, timeouts.begin)

    def _secrets_client(self, timeouts: TimeoutPolicy) -> SecretsClient:
        """Without botocore's factory everywhere: so no package ships what that would read."""
        from bot.dynamodb.aws_json import aws_json_client

        aws = self.settings.aws
        client: SecretsClient = aws_json_client(
            "secretsmanager", region=aws.region, endpoint_url=aws.endpoint_url, timeouts=timeouts
        )
        return client

    def _quota(self) -> LambdaQuota:
        from bot.dynamodb import WORKER, aws_client
        from bot.dynamodb.lambda_quota import LambdaQuota

        aws = self.settings.aws
        return LambdaQuota(
            lambda: aws_client("lambda", region=aws.region, endpoint_url=aws.endpoint_url, timeouts=WORKER)
        )

    def _store(self, timeouts: TimeoutPolicy, make: ClientFactory) -> Repositories:
        from bot.dynamodb import open_repositories

        aws = self.settings.aws
        return open_repositories(
            table=aws.table,
            region=aws.region,
            endpoint_url=aws.endpoint_url,
            timeouts=timeouts,
            make_client=make,
        )

    def _gate(self, store: Repositories) -> SendingGuard:
        from bot.usecases.admin.sending_guard import SendingGuard

        return SendingGuard(store.pauses, self.settings.mode, self.clock)

    def _sealer(self, timeouts: TimeoutPolicy, make: ClientFactory) -> KmsEncryptor:
        from bot.dynamodb import open_encryptor

        aws = self.settings.aws
        return open_encryptor(
            key_id=aws.kms_key,
            region=aws.region,
            endpoint_url=aws.endpoint_url,
            timeouts=timeouts,
            make_client=make,
        )

    def _slack_web(self, calls: SlackApiClient) -> SlackMessageGateway:
        from bot.slack.api.messages import SlackMessageGateway
        from bot.slack.views.display_settings import display_settings

        return SlackMessageGateway(calls, display_settings(self.settings))

    def _slack_people(self, calls: SlackApiClient) -> SlackUserDirectory:
        from bot.slack.api.people import SlackUserDirectory

        return SlackUserDirectory(calls, self.clock)

    def _slack_calls(self, seconds: int, left: TimeLeft = lambda: inf) -> SlackApiClient:
        from bot.slack.api.client import SlackApiClient

        return SlackApiClient(
            token=self.secrets.slack_bot,
            api_url=self.settings.slack.api_url,
            timeout_seconds=seconds,
            left=left,
        )


def new_id() -> str:
    """An id nobody else has."""
    return uuid.uuid4().hex


@cache
def deployment(*needs: Purpose) -> Deployment:
    """What the environment describes, for a function that uses these secrets; read once, on first use.

    `SettingsError` names every fault.
    """
    return Deployment(read_settings(os.environ, needs))
