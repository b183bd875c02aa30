"""Cards, alerts and reports show that the owner is away, and mention the cover instead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

import pytest

from bot import policies
from bot.domain.business_days import day_of
from bot.domain.records import EntityRef, connection_ref
from bot.usecases.admin.absence import come_back, go_away
from bot.usecases.notifications import absence
from bot.usecases.records.claim import claim_record
from infra.local.slack import Message
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, System
from tests.usecases.notification_bench import add_connection, change_status, started_system

CAT = "U0CAT"


@pytest.fixture
def system() -> Iterator[System]:
    with started_system(REQUESTERS=f"{ANA},{BEN},{CAT}") as system:
        system.slack.add_user(CAT, "Cat")
        yield system


def publish(system: System, times: int = 8) -> None:
    for _ in range(times):
        system.notify()
        system.wait(5)


def claimed_by_ana(system: System) -> EntityRef:
    """Late in the day, so that the claim lasts until the next one."""
    zone = system.settings.timezone
    late = datetime.combine(day_of(system.clock(), zone), time(16), zone).timestamp()
    system.clock.now = max(late, system.clock.now)
    entity = connection_ref(add_connection(system, "unable_to_connect", group_name="Cedar Bistro"))
    publish(system)
    claim_record(entity, ANA, system.bot.slack_dependencies, shown=0)
    publish(system)
    return entity


def leave(system: System, person: str, cover: str | None, *, days: int = 0, change: str = "") -> date:
    deps = system.bot.slack_dependencies
    deps.people.save_person(deps.user_directory.read_person(person) or pytest.fail("unknown person"))
    last_day = day_of(deps.now() + days * 86400, deps.timezone)
    go_away(person, last_day, cover, deps, change_id=f"{person}{change}")
    publish(system)
    return last_day


def shown(system: System) -> tuple[str, str]:
    """The lines about the owner, on the card and on the newest alert."""
    card, alert = (line_of(system, channel) for channel in (CONNECTIONS, ALERTS))
    return card, alert


def line_of(system: System, channel: str) -> str:
    texts = [system.slack.render(message) for message in system.slack.channel(channel)]
    text = next(text for text in texts if "Cedar" in text)
    return next(line for line in text.splitlines() if "Claimed by" in line)


def test_card_and_alert_show_the_absence_and_the_cover_until_it_ends_by_itself(system: System) -> None:
    claimed_by_ana(system)
    last_day = leave(system, ANA, BEN)
    away = f"Ana (away until {last_day:%a} {last_day.day} {last_day:%b}, @Ben covers)"
    for line in shown(system):
        assert away in line
        assert "@Ana" not in line

    system.clock.now = float(system.bot.repositories.absences.absences().known[0].ends_at)
    publish(system)

    assert all("@Ana · " in line and "away" not in line for line in shown(system))


def test_coming_back_shows_the_owner_as_before(system: System) -> None:
    claimed_by_ana(system)
    leave(system, ANA, BEN)

    come_back(ANA, system.bot.slack_dependencies, change_id="back")
    publish(system)

    assert all("@Ana · " in line and "away" not in line for line in shown(system))


def test_an_alert_that_is_posted_meanwhile_mentions_the_cover_and_not_the_owner(system: System) -> None:
    entity = claimed_by_ana(system)
    leave(system, ANA, BEN)
    before = {message.ts for message in system.slack.channel(ALERTS)}

    change_status(system, entity.key, "action_required")
    publish(system)

    [alert] = [message for message in system.slack.channel(ALERTS) if message.ts not in before]
    assert mentioned(system, alert) == {"@Ben"}


def mentioned(system: System, message: Message) -> set[str]:
    return {str(mention) for mention in system.slack.mentions(message)} & {"@Ana", "@Ben", "@Cat"}


def test_a_cover_who_goes_away_too_is_no_longer_shown_and_nobody_further_is_chosen(system: System) -> None:
    claimed_by_ana(system)
    leave(system, ANA, BEN)
    leave(system, BEN, CAT)

    for line in shown(system):
        assert "@Ana (away until" in line
        assert "the cover is away too)" in line
        assert "@Ben" not in line
        assert "@Cat" not in line


def test_a_cover_who_left_is_not_mentioned(system: System) -> None:
    entity = claimed_by_ana(system)
    leave(system, ANA, BEN)
    system.slack.add_user(BEN, "Ben", deleted=True)
    system.wait(policies.PERSON_FRESH_SECONDS + 1)

    change_status(system, entity.key, "action_required")
    publish(system)

    for line in shown(system):
        assert "@Ana (away until" in line
        assert "@Ben" not in line


def test_many_claims_are_updated_one_after_the_other(system: System) -> None:
    claimed_by_ana(system)
    leave(system, ANA, BEN)
    [claim] = system.bot.repositories.records.owned_by(ANA)
    event = system.bot.repositories.outbox.event(f"absence:{ANA}")
    assert event is not None

    absence.refresh_owned(event, system.bot.slack_dependencies)

    assert system.bot.repositories.outbox.event(f"card_refresh:{claim.entity}:{event.id}") is not None
