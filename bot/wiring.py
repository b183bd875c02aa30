"""Wiring: the only place where real things are built, each once, on first use.

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

from bot.ports import Clock, Origin, TimeLeft
from bot.settings import Purpose, Settings, read_settings

if TYPE_CHECKING:
    from bot.noyo.client import NoyoClient
    from bot.noyo.webhook import WebhookDoor
    from bot.secrets import Secrets, SecretsClient
    from bot.slack.calling import SlackCalls
    from bot.slack.deadline import Deadline
    from bot.slack.door import Door
    from bot.slack.people import SlackPeople
    from bot.slack.web import SlackWeb
    from bot.store import KmsSealer, MakesClients, Store
    from bot.store.patience import Patience
    from bot.store.quota import LambdaQuota
    from bot.usecases import check_up, note_rights, notify, operation_life, pause, poll
    from bot.usecases.gate import Gate

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
        quick_clients: bool = True,
    ) -> None:
        """`quick_clients`: the receiver calls AWS without botocore's client factory, which takes long to start."""
        self.settings = settings
        self.quick_clients = quick_clients
        self.clock = clock
        self.sleep = sleep

    # ---------------------------------------------------------------- the receivers

    @cached_property
    def slack_door(self) -> Door:
        """What Slack's requests come in by."""
        from bot.slack.door import Door

        return Door(
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
        from bot.slack.app import build_app
        from bot.slack.look import look_from
        from bot.slack.office import Office
        from bot.store import RECEIVER, aws_client
        from bot.store.wire import wire_client
        from bot.usecases import examine, pause, place, take

        make = wire_client if self.quick_clients else aws_client
        patience = dataclasses.replace(RECEIVER, left=self._deadline.left)
        calls = self._slack_calls(RECEIVER_SLACK_SECONDS, self._deadline.left)
        settings, store = self.settings, self._store(patience, make)
        office = Office(
            records=store.records,
            operations=store.operations,
            people=store.people,
            audit=store.audit,
            placing=place.Tools(
                store.operations,
                store.records,
                self._sealer(patience, make),
                self.clock,
                new_id,
                self._gate(store),
                store.audit,
                settings.policy,
            ),
            taking=take.Tools(store.records, settings.timezone, self.clock, new_id),
            switching=pause.Tools(store.switches, self.clock, new_id),
            examining=examine.Tools(
                store.operations,
                store.news,
                store.cursors,
                store.checkups,
                self._gate(store),
                self.clock,
                (self.secrets.slack_signing.value, self.secrets.slack_bot.value),
            ),
            web=self._slack_web(calls),
            reads_people=self._slack_people(calls),
            policy=settings.policy,
            look=look_from(settings),
            command=settings.slack.command,
            app_id=settings.slack.app_id,
            retry_at_action_required=settings.retry_at_action_required,
            needs_second=settings.disconnect_needs_second,
            reject_without_version=settings.reject_without_version,
            clock=self.clock,
            new_id=new_id,
        )
        return build_app(office)

    @cached_property
    def webhook_door(self) -> WebhookDoor:
        """What Noyo's webhooks come in by."""
        from bot.domain.checkups import Topic, Ward
        from bot.noyo.webhook import WebhookDoor
        from bot.store import RECEIVER, aws_client
        from bot.store.wire import wire_client
        from bot.usecases import check_up, place
        from bot.usecases.check_noyo import secret_look

        make = wire_client if self.quick_clients else aws_client
        store = self._store(RECEIVER, make)
        looks = {Topic.SECRET: secret_look(self.secrets.noyo_webhook.value)}
        looking = check_up.Tools(Ward.WEBHOOK, looks, store.checkups, self.clock)
        return WebhookDoor(
            secrets=self.secrets.noyo_webhook,
            look_after=partial(check_up.check_up, looking),
            placing=place.Tools(
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
    def store(self) -> Store:
        from bot.store import WORKER, aws_client

        return self._store(WORKER, aws_client)

    @cached_property
    def noyo(self) -> NoyoClient:
        from bot.noyo.client import NoyoClient

        noyo = self.settings.noyo
        return NoyoClient(
            api_url=noyo.api_url,
            token_url=noyo.token_url,
            credentials=self.secrets.noyo_client,
            timeout_seconds=noyo.timeout_seconds,
            clock=self.clock,
            sleep=self.sleep,
        )

    @cached_property
    def carrying_out(self) -> operation_life.Tools:
        from bot.store import WORKER, aws_client
        from bot.usecases import operation_life

        return operation_life.Tools(
            operations=self.store.operations,
            records=self.store.records,
            people=self.store.people,
            noyo=self.noyo,
            sealer=self._sealer(WORKER, aws_client),
            policy=self.settings.policy,
            quiet_seconds=self.settings.check_after_seconds,
            clock=self.clock,
            new_id=new_id,
            gate=self._gate(self.store),
            timezone=self.settings.timezone,
        )

    @cached_property
    def switching(self) -> pause.Tools:
        from bot.usecases import pause

        return pause.Tools(self.store.switches, self.clock, new_id)

    def polling(self, deadline: float) -> poll.Tools:
        """`deadline`: when to stop and leave the rest to the next run, in Unix seconds."""
        from bot.usecases import poll

        return poll.Tools(
            noyo=self.noyo,
            records=self.store.records,
            operations=self.store.operations,
            news=self.store.news,
            cursors=self.store.cursors,
            clock=self.clock,
            interval_seconds=self.settings.poll_seconds,
            sweep_seconds=self.settings.sweep_hours * 3600,
            deadline=deadline,
        )

    @cached_property
    def slack_people(self) -> SlackPeople:
        return self._slack_people(self._slack_calls(WORKER_SLACK_SECONDS))

    @cached_property
    def noting_rights(self) -> note_rights.Tools:
        from bot.usecases import note_rights

        store = self.store
        return note_rights.Tools(
            store.rights, store.people, self.slack_people, self.settings.policy, self.clock, new_id
        )

    @cached_property
    def notifying(self) -> notify.Tools:
        from bot.domain.business_days import day_of
        from bot.usecases import notify
        from bot.usecases.deliver import Desk
        from bot.usecases.scene import Library

        slack, zone = self.settings.slack, self.settings.timezone
        return notify.Tools(
            news=self.store.news,
            library=Library(self.store.records, self.store.operations, lambda: day_of(self.clock(), zone)),
            people=self.store.people,
            reads_people=self.slack_people,
            desk=Desk(
                self._slack_web(self._slack_calls(WORKER_SLACK_SECONDS)),
                self.store.deliveries,
                self.clock,
                new_id,
            ),
            channels=notify.Channels(
                slack.connections_channel, slack.alerts_channel, slack.decisions_channel
            ),
            timezone=zone,
            switches=self.store.switches,
        )

    @cached_property
    def checking_slack(self) -> check_up.Tools:
        """What the worker that posts to Slack looks after."""
        from bot.domain.checkups import Ward
        from bot.slack.standing import SlackStanding
        from bot.usecases import check_up
        from bot.usecases.check_slack import slack_looks

        slack = self.settings.slack
        looks = slack_looks(
            read_secret=self.secrets.slack_bot.value,
            slack=SlackStanding(self._slack_calls(WORKER_SLACK_SECONDS), self.clock),
            channels={
                "CHANNEL_CONNECTIONS": slack.connections_channel,
                "CHANNEL_ALERTS": slack.alerts_channel,
                "CHANNEL_DECISIONS": slack.decisions_channel,
            },
            people=self.store.people,
            reads_people=self.slack_people,
            policy=self.settings.policy,
            clock=self.clock,
        )
        return check_up.Tools(Ward.SLACK, looks, self.store.checkups, self.clock)

    @cached_property
    def checking_noyo(self) -> check_up.Tools:
        """What the worker that reads Noyo looks after."""
        from bot.domain.checkups import Ward
        from bot.usecases import check_up
        from bot.usecases.check_noyo import noyo_looks

        noyo = self.noyo
        looks = noyo_looks(
            read_secret=self.secrets.noyo_client.value,
            noyo=noyo,
            clock_difference=lambda: noyo.clock_difference,
            unreserved=self._quota().unreserved,
        )
        return check_up.Tools(Ward.NOYO, looks, self.store.checkups, self.clock)

    # ---------------------------------------------------------------- what all use

    @cached_property
    def secrets(self) -> Secrets:
        """The secrets of this deployment; each is read when it is used first."""
        from bot.secrets import Secrets
        from bot.store import RECEIVER

        patience = dataclasses.replace(RECEIVER, left=self._deadline.left)
        client = partial(self._secrets_client, patience)
        return Secrets(self.settings.secrets, client, self.clock, patience.begin)

    def _secrets_client(self, patience: Patience) -> SecretsClient:
        """Without botocore's factory everywhere: so no package ships what that would read."""
        from bot.store.wire import wire_client

        aws = self.settings.aws
        client: SecretsClient = wire_client(
            "secretsmanager", region=aws.region, endpoint_url=aws.endpoint_url, patience=patience
        )
        return client

    def _quota(self) -> LambdaQuota:
        from bot.store import WORKER, aws_client
        from bot.store.quota import LambdaQuota

        aws = self.settings.aws
        return LambdaQuota(
            lambda: aws_client("lambda", region=aws.region, endpoint_url=aws.endpoint_url, patience=WORKER)
        )

    def _store(self, patience: Patience, make: MakesClients) -> Store:
        from bot.store import open_store

        aws = self.settings.aws
        return open_store(
            table=aws.table,
            region=aws.region,
            endpoint_url=aws.endpoint_url,
            patience=patience,
            make_client=make,
        )

    def _gate(self, store: Store) -> Gate:
        from bot.usecases.gate import Gate

        return Gate(store.switches, self.settings.mode, self.clock)

    def _sealer(self, patience: Patience, make: MakesClients) -> KmsSealer:
        from bot.store import open_sealer

        aws = self.settings.aws
        return open_sealer(
            key_id=aws.kms_key,
            region=aws.region,
            endpoint_url=aws.endpoint_url,
            patience=patience,
            make_client=make,
        )

    def _slack_web(self, calls: SlackCalls) -> SlackWeb:
        from bot.slack.look import look_from
        from bot.slack.web import SlackWeb

        return SlackWeb(calls, look_from(self.settings))

    def _slack_people(self, calls: SlackCalls) -> SlackPeople:
        from bot.slack.people import SlackPeople

        return SlackPeople(calls, self.clock)

    def _slack_calls(self, seconds: int, left: TimeLeft = lambda: inf) -> SlackCalls:
        from bot.slack.calling import SlackCalls

        return SlackCalls(
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
