"""Modals are valid for Slack, and their values are read back."""

from __future__ import annotations

import pytest

from bot.slack.views.modals import MAX_STATIC_OPTIONS, choice_field, form, notice, text_field, values_of
from infra.local.slack.validation.blocks import MODAL
from infra.local.slack.validation.views import check_view


def test_a_form_with_the_longest_texts_is_accepted_by_slack() -> None:
    long = "w" * 5000
    blocks = [
        text_field("a", "A", hint=long, placeholder="such", initial=long, max_length=100),
        choice_field("b", "B", [(f"v{number}", long) for number in range(MAX_STATIC_OPTIONS)]),
        choice_field("c", "C", [(f"v{number}", long) for number in range(MAX_STATIC_OPTIONS + 1)]),
    ]
    assert check_view(form(long, "Send", "x", blocks), MODAL) == []


def test_a_notice_is_accepted_by_slack() -> None:
    assert check_view(notice("A title that is far too long for a window", "line", "another"), MODAL) == []


def test_up_to_a_hundred_options_are_a_list_and_more_are_a_search() -> None:
    kinds = [
        choice_field("a", "A", [(str(number), "x") for number in range(count)])["element"]["type"]
        for count in (MAX_STATIC_OPTIONS, MAX_STATIC_OPTIONS + 1)
    ]
    assert kinds == ["static_select", "external_select"]


def test_values_are_read_by_field() -> None:
    values = {
        "name": {"name": {"type": "plain_text_input", "value": "  Test\u00a0Company "}},
        "blank": {"blank": {"type": "plain_text_input", "value": None}},
        "carrier": {"carrier": {"type": "static_select", "selected_option": {"value": "id"}}},
        "none": {"none": {"type": "static_select", "selected_option": None}},
    }
    assert values_of({"state": {"values": values}}) == {
        "name": "Test Company",
        "blank": "",
        "carrier": "id",
        "none": "",
    }


@pytest.mark.parametrize("view", [{}, {"state": {}}, {"state": {"values": {}}}])
def test_a_view_without_fields_has_no_values(view: dict[str, object]) -> None:
    assert values_of(view) == {}
