"""The App Home as the bot gives it to Slack: what it says at once, and what its buttons carry."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.home import ROWS, Home, HomeCounts, HomeFilter, HomeRow, HomeView, NoHome
from bot.domain.people import denied, unknown
from bot.slack.views.buttons import Page, decode
from bot.slack.views.home import home_view
from infra.local.gallery.cards import DISPLAY, connection
from infra.local.gallery.samples import CHANGED
from infra.local.slack.validation.views import check_view
from infra.local.slack.workspace import interactive_elements
from tests.infra.local.gallery.texts import shown_text

TODAY = date(2025, 12, 29)
NONE = HomeCounts(0, 0, 0, 0)


def a_home(counts: HomeCounts = NONE, rows: int = 0, **changes: Any) -> Home:
    states = [connection(id=f"{number}", group_name=f"Group {number} " + "x" * 230) for number in range(rows)]
    shown = Home(HomeView(), counts, tuple(map(HomeRow, states)), total=rows, at=CHANGED, today=TODAY)
    return replace(shown, **changes)


def text_of(home: Home | NoHome) -> str:
    return shown_text(home_view(home, DISPLAY)["blocks"])


def elements(home: Home | NoHome) -> dict[str, Any]:
    blocks = home_view(home, DISPLAY)["blocks"]
    return {element["action_id"]: element for block in blocks for element in interactive_elements(block)}


@pytest.mark.parametrize(
    ("counts", "summary"),
    [
        (HomeCounts(7, 3, 2, 14, TODAY + timedelta(1)), "7 need the team · 3 decisions, next ends tomorrow · 2 are"),
        (HomeCounts(1, 1, 1, 0, TODAY - timedelta(1)), "1 needs the team · 1 decision, the first ended yesterday"),
        (HomeCounts(1200, 2, 0, 0), "1,200 need the team · 2 decisions"),
        (HomeCounts(0, 0, 0, 3), "nothing needs the team · 3 not moving"),
    ],
)
def test_the_first_line_says_how_much_there_is(counts: HomeCounts, summary: str) -> None:
    assert summary in text_of(a_home(counts, rows=1))


def test_it_says_when_it_was_updated_since_it_does_not_change_by_itself() -> None:
    assert f"updated <!date^{CHANGED}^{{ago}}|" in text_of(a_home())


def test_the_buttons_carry_filter_and_page_and_the_chosen_filter_is_marked_and_named() -> None:
    counts = HomeCounts(34, 12, 11, 0)
    shown = elements(a_home(counts, rows=10, total=34, view=HomeView(HomeFilter.ALL, 1)))

    pages = {action: decode(shown[action]["value"]).page for action in shown if action.startswith("home_")}
    assert pages == {
        "home_all": Page("all"),
        "home_mine": Page("mine"),
        "home_decisions": Page("decisions"),
        "home_refresh": Page("all", 1),
        "home_previous": Page("all", 0),
        "home_next": Page("all", 2),
    }
    assert [action for action in shown if shown[action].get("style") == "primary"] == ["home_all"]
    assert "all: 11 to 20 of 34" in text_of(a_home(counts, rows=10, total=34, view=HomeView(HomeFilter.ALL, 1)))


def test_a_click_tells_what_the_home_shows() -> None:
    view = home_view(a_home(view=HomeView(HomeFilter.MINE, 2)), DISPLAY)

    assert decode(view["private_metadata"]).page == Page("mine", 2)


def test_a_full_page_fits_into_a_home() -> None:
    paused = replace(DISPLAY, in_production=False, environment="staging")
    home = a_home(HomeCounts(5000, 9, 9, 9), rows=ROWS, total=5000, unreadable=3)
    view = home_view(replace(home, view=HomeView(HomeFilter.ALL, 1)), paused)

    assert len(view["blocks"]) <= 100
    assert len(json.dumps(view)) < 250_000
    assert check_view(view, "home") == []


@pytest.mark.parametrize(
    ("shows", "counts", "words"),
    [
        (HomeFilter.ALL, NONE, "list: all that is open"),
        (HomeFilter.MINE, NONE, "connect: connect a group"),
        (HomeFilter.MINE, HomeCounts(3, 0, 0, 0), "none of these is yours"),
        (HomeFilter.DECISIONS, HomeCounts(3, 0, 0, 0), "no request to disconnect waits"),
    ],
)
def test_an_empty_list_says_what_to_do(shows: HomeFilter, counts: HomeCounts, words: str) -> None:
    assert words in text_of(a_home(counts, view=HomeView(shows)))


def test_a_person_without_the_right_sees_the_reason_and_whom_to_ask_and_no_button() -> None:
    refused = NoHome(HomeView(), denied("Guests cannot do this."), CHANGED)

    assert "guests cannot do this." in text_of(refused)
    assert "ask one of them" in text_of(refused)
    assert elements(refused) == {}


def test_if_the_person_could_not_be_checked_they_can_try_again() -> None:
    assert list(elements(NoHome(HomeView(), unknown("Please try again."), CHANGED))) == ["home_refresh"]
