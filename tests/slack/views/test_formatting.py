"""Text from outside is data."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.views.rich_text import (
    EMPTY_TEXT,
    clean_text,
    date_text,
    duration_text,
    untrusted_mrkdwn,
    user_mrkdwn,
    utc_text,
)

HOSTILE = "<!channel> <@U123> *bold* _it_ ~no~ `code` :smile: @here #general https://evil.com/x evil.com a@b.com"


def test_nothing_in_mrkdwn_stays_that_slack_acts_on() -> None:
    text = untrusted_mrkdwn(HOSTILE, limit=300)
    assert "<" not in text
    assert ">" not in text
    for sign in "*~`":
        assert sign not in text
    for alive in ("_it_", ":smile:", "@here", "#general", "://", "evil.com", "@b"):
        assert alive not in text


def test_a_person_still_reads_what_was_said() -> None:
    assert untrusted_mrkdwn("Group 00_11 (Smith & Sons, Inc.) <none>", limit=100) == (
        "Group 00_11 (Smith &amp; Sons, Inc.) &lt;none&gt;"
    )


def test_a_greater_than_sign_at_the_start_makes_no_quote() -> None:
    assert untrusted_mrkdwn("> quoted", limit=100) == "\u203a quoted"


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\x00", "\x1b", "\ud800", "\u3164", "\U000e0041"]
)
def test_what_nobody_can_see_is_taken_out(hidden: str) -> None:
    assert clean_text(f"a{hidden}b", limit=10) == "ab"


def test_lines_become_one_line() -> None:
    assert clean_text("a\n\n> b\u2028c\td", limit=20) == "a > b c d"


def test_a_tax_number_is_masked_even_with_invisible_signs_in_it() -> None:
    assert clean_text("SSN 123\u200b-45-6789, EIN 12-3456789", limit=50) == "SSN •••, EIN •••"


def test_the_records_own_carrier_group_id_stays() -> None:
    assert clean_text("123456789 is not 987654321", limit=50, unmasked="123456789") == "123456789 is not •••"
    assert clean_text("123456789-01", limit=50, unmasked="123456789-01") == "123456789-01"


def test_long_text_is_cut_before_it_is_escaped_so_that_no_entity_is_cut() -> None:
    text = untrusted_mrkdwn("&" * 5000, limit=10)
    assert text == "&amp;" * 9 + "…"


def test_text_of_which_nothing_is_left_says_so() -> None:
    assert clean_text("\u200b\n", limit=10) == EMPTY_TEXT


def test_only_a_user_id_becomes_a_mention() -> None:
    assert user_mrkdwn("U0123ABC") == "<@U0123ABC>"
    assert user_mrkdwn("U1><!channel") == "U1&gt;&lt;!channel"


def test_a_date_without_a_zone_is_written_out() -> None:
    assert date_text(date(2026, 12, 31)) == "31 Dec 2026"


def test_a_time_has_words_for_where_slack_cannot_show_it() -> None:
    assert utc_text(1_767_007_500) == "29 Dec 2025 11:25 UTC"
    assert utc_text(-1) == "at an unknown time"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (60, "1 minute"),
        (7500, "2 hours 5 minutes"),
        (3600, "1 hour"),
        (90061, "1 day 1 hour"),
        (86400 * 3 + 120, "3 days 2 minutes"),
    ],
)
def test_how_long_it_took_is_said_in_words(seconds: int, words: str) -> None:
    assert duration_text(seconds) == words


@given(st.text(max_size=300), st.integers(2, 80))
def test_cleaned_text_holds_its_limit_and_is_one_visible_line(words: str, limit: int) -> None:
    text = clean_text(words, limit=max(limit, len(EMPTY_TEXT)))
    assert 0 < len(text) <= max(limit, len(EMPTY_TEXT))
    assert text.encode()
    assert len(text.splitlines()) == 1
