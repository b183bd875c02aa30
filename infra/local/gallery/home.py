"""The App Home: with much and with nothing to do, with each filter, and for people who may not see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.domain.home import Home, HomeFilter, HomeView, NoHome
from bot.domain.not_moving import parse_limits
from bot.domain.operations import OperationState
from bot.domain.people import AccessPolicy
from bot.domain.record_states import RecordState
from bot.domain.records import ConnectionStatus, DisconnectionStatus
from bot.settings import NOT_MOVING_DAYS
from bot.slack.views.home import home_view
from bot.usecases.notifications.home import home_of
from infra.local.gallery.cards import DISPLAY, OTHER_ENVIRONMENT, connection, request
from infra.local.gallery.entries import HomeTab, Section
from infra.local.gallery.forms import PAUSED
from infra.local.gallery.operations import LAST_DAY, disconnection
from infra.local.gallery.ports import GUEST, LEFT, NOW, Memory, OpenedViews, context_of, waits_from
from infra.local.gallery.samples import ID, a_retry

DAY = 86_400


def homes() -> Section:
    return Section("App Home", tuple(_homes()))


def _homes() -> Iterator[HomeTab]:
    many = _many()
    yield _home("App Home: what needs the team", **many)
    yield _home("App Home: mine", HomeFilter.MINE, **many)
    yield _home("App Home: decisions", HomeFilter.DECISIONS, **many)
    yield _home("App Home: more than a page", records=_connections(34))
    yield _home("App Home: the last page", page=3, records=_connections(34))
    yield _home("App Home: sending is paused", records=[connection()], pauses=PAUSED)
    yield _home("App Home: one is being retried", records=[connection()], operations=[a_retry()])
    home = _home_of(Memory(records=[connection()]), HomeView())
    if isinstance(home, Home):
        yield HomeTab("App Home: some is unreadable", home_view(replace(home, unreadable=2), DISPLAY))
    yield _home("App Home: none is mine", HomeFilter.MINE, records=[replace(connection(), requester=None)])
    yield _home("App Home: no decisions", HomeFilter.DECISIONS, records=[connection()])
    yield _home("App Home: a decision is overdue", records=[request(effective_end_date=LAST_DAY.replace(year=2025))])
    yield _home("App Home: nothing", display=OTHER_ENVIRONMENT)
    yield _home("App Home: a guest", actor=GUEST, records=[connection()])
    yield _home("App Home: a deactivated person", actor=LEFT)
    yield _home("App Home: a person of another workspace", policy=AccessPolicy("T0OTHER"), records=[connection()])
    yield _home("App Home: Slack does not say who opens it", person_is_unknown=True)


def _many() -> dict[str, Any]:
    """Two questions, two decisions, and connections that failed, wait and do not move."""
    unclear = a_retry(state=OperationState.NEEDS_RESOLUTION, sends=1, first_sent_at=NOW - 900)
    unconfirmed = waits_from(disconnection(confirmed=False), DAY)
    claimed = replace(
        connection(id="4", group_name="Maple Dairy", status=ConnectionStatus.ACTION_REQUIRED, modified=NOW - 3 * DAY),
        owner="UANA",
        owned_since=NOW - 600,
        owned_until=NOW + 3600,
        requester=None,
    )
    slow = connection(id="5", status=ConnectionStatus.WAITING_ON_CARRIER, modified=NOW - 20 * DAY)
    late = request(id="6", status=DisconnectionStatus.PROCESSING, effective_end_date=LAST_DAY.replace(year=2025))
    asked = replace(connection(id="8", group_name="Birch Works", modified=NOW - DAY), requester="UBEN")
    records = [connection(id=ID), request(), claimed, slow, late, asked]
    return {"records": records, "operations": [unclear, unconfirmed]}


def _connections(number: int) -> list[RecordState]:
    names = ("Brewery", "Clinic", "Dairy", "Electric", "Farms", "Garage", "Press")
    return [connection(id=f"{each:04}", group_name=f"Maple {names[each % len(names)]}") for each in range(number)]


def _home(title: str, shows: HomeFilter = HomeFilter.ALL, page: int = 0, **stored: Any) -> HomeTab:
    """What this person's Home shows. `stored` are the fields of `Memory`."""
    memory = Memory(**stored)
    return HomeTab(title, home_view(_home_of(memory, HomeView(shows, page)), memory.display))


def _home_of(memory: Memory, view: HomeView) -> Home | NoHome:
    deps = context_of(memory, OpenedViews()).deps
    return home_of(memory.actor, view, replace(deps, not_moving_limits=parse_limits(NOT_MOVING_DAYS)))
