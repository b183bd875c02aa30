"""Untrusted text is shown as plain text."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.views.rich_text import (
    EMPTY_TEXT,
    UserMention,
    clean_text,
    date_text,
    duration_text,
    mrkdwn,
    untrusted_mrkdwn,
    utc_text,
)

HOSTILE = "<!channel> <@U123> *bold* _it_ ~no~ `code` :smile: @here #general https://evil.com/x evil.com a@b.com"


def test_untrusted_mrkdwn_contains_nothing_that_slack_interprets() -> None:
    text = untrusted_mrkdwn(HOSTILE, limit=300)
    assert "<" not in text
    assert ">" not in text
    for sign in "*~`":
        assert sign not in text
    for alive in ("_it_", ":smile:", "@here", "#general", "://", "evil.com", "@b"):
        assert alive not in text


def test_untrusted_mrkdwn_stays_readable() -> None:
    assert untrusted_mrkdwn("Group 00_11 (Smith & Sons, Inc.) <none>", limit=100) == (
        "Group 00_11 (Smith &amp; Sons, Inc.) &lt;none&gt;"
    )


def test_a_leading_greater_than_sign_creates_no_quote() -> None:
    assert untrusted_mrkdwn("> quoted", limit=100) == "\u203a quoted"


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\x00", "\x1b", "\ud800", "\u3164", "\U000e0041"]
)
def test_invisible_characters_are_removed_from_shown_text(hidden: str) -> None:
    assert clean_text(f"a{hidden}b", limit=10) == "ab"


def test_several_lines_become_one() -> None:
    assert clean_text("a\n\n> b\u2028c\td", limit=20) == "a > b c d"


def test_a_tax_number_with_invisible_characters_is_masked() -> None:
    assert clean_text("SSN 123\u200b-45-6789, EIN 12-3456789", limit=50) == "SSN •••, EIN •••"


def test_the_records_own_carrier_group_id_is_not_masked() -> None:
    assert clean_text("123456789 is not 987654321", limit=50, unmasked="123456789") == "123456789 is not •••"
    assert clean_text("123456789-01", limit=50, unmasked="123456789-01") == "123456789-01"


def test_long_text_is_shortened_before_it_is_escaped() -> None:
    text = untrusted_mrkdwn("&" * 5000, limit=10)
    assert text == "&amp;" * 9 + "…"


def test_text_without_visible_characters_is_shown_as_empty() -> None:
    assert clean_text("\u200b\n", limit=10) == EMPTY_TEXT


def test_only_a_user_id_becomes_a_mention() -> None:
    assert mrkdwn((UserMention("U0123ABC"),)) == "<@U0123ABC>"
    assert mrkdwn((UserMention("U1><!channel"),)) == "U1&gt;&lt;!channel"


def test_a_date_is_written_out() -> None:
    assert date_text(date(2026, 12, 31)) == "31 Dec 2026"


def test_a_time_has_a_utc_fallback_text() -> None:
    assert utc_text(1_767_007_500) == "29 Dec 2025 11:25 UTC"
    assert utc_text(-1) == "at an unknown time"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "less than a minute"),
        (60, "1 minute"),
        (7500, "2 hours 5 minutes"),
        (3600, "1 hour"),
        (90061, "1 day 1 hour"),
        (86400 * 3 + 120, "3 days 2 minutes"),
    ],
)
def test_a_duration_is_written_in_words(seconds: int, expected: str) -> None:
    assert duration_text(seconds) == expected


@given(st.text(max_size=300), st.integers(2, 80))
def test_cleaned_text_is_one_visible_line_within_its_limit(untrusted: str, limit: int) -> None:
    text = clean_text(untrusted, limit=max(limit, len(EMPTY_TEXT)))
    assert 0 < len(text) <= max(limit, len(EMPTY_TEXT))
    assert text.encode()
    assert len(text.splitlines()) == 1
