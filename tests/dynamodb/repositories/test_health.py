"""Health checks, on a real table."""

from __future__ import annotations

from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.admin import DynamoHealthRepository
from tests.dynamodb.builders import NOW
from tests.dynamodb.conftest import Engine

FOUND = HealthCheck(
    Component.SLACK,
    NOW,
    (
        Finding(Topic.TOKEN, CheckStatus.OK),
        Finding(Topic.CHANNEL, CheckStatus.FAILED, ("CHANNEL_ALERTS", "C1"), reason="not_in_channel"),
        Finding(Topic.SLACK_CLOCK, CheckStatus.FAILED, value=-75),
        Finding(Topic.PEOPLE, CheckStatus.UNKNOWN, check_failed=True),
    ),
)


def test_a_component_that_was_never_checked_has_no_health_check(store: Repositories) -> None:
    assert store.health.health_check(Component.NOYO) is None


def test_the_newest_health_check_is_read_back(store: Repositories) -> None:
    store.health.save(HealthCheck(Component.SLACK, NOW - 60, ()))
    store.health.save(FOUND)

    assert store.health.health_check(Component.SLACK) == FOUND
    assert store.health.health_check(Component.NOYO) is None


def test_each_component_has_a_key_of_its_own(store: Repositories, engine: Engine) -> None:
    assert isinstance(store.health, DynamoHealthRepository)
    store.health.save(FOUND)

    assert engine.item("HEALTH#slack", "HEALTH") is not None
