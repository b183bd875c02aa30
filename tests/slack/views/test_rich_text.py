"""Rich text, rendered in the formats that Slack accepts."""

from bot.domain.content import MessageLink
from bot.slack.views import rich_text as views
from bot.slack.views.rich_text import (
    ChannelMention,
    Link,
    PlainText,
    Timestamp,
    UntrustedText,
    UserGroupMention,
    UserMention,
    mrkdwn,
    plain,
    rich_text,
    rich_text_elements,
)

EVERY = rich_text(
    PlainText("Hi", bold=True),
    " ",
    UntrustedText("<b>"),
    UserMention("U123"),
    UserGroupMention("S123"),
    ChannelMention("C123"),
    Timestamp(1_767_007_500),
    Link("https://x.slack.com/a", "card"),
)
ODD = rich_text(UserMention("<!here>"), UserGroupMention("x"), ChannelMention("*y*"), Timestamp(-5))


def test_in_rich_text_people_times_and_links_are_elements_of_their_own() -> None:
    assert [element["type"] for element in rich_text_elements(EVERY)] == [
        "text",
        "text",
        "text",
        "user",
        "usergroup",
        "channel",
        "date",
        "link",
    ]
    assert rich_text_elements(EVERY)[2]["text"] == "<b>"


def test_in_mrkdwn_the_same_line_is_escaped_and_mentions_are_slacks() -> None:
    assert mrkdwn(EVERY) == (
        "Hi &lt;b&gt;<@U123><!subteam^S123><#C123>"
        "<!date^1767007500^{date_short_pretty} at {time}|29 Dec 2025 11:25 UTC><https://x.slack.com/a|card>"
    )


def test_in_plain_text_everything_is_words() -> None:
    assert plain(EVERY, limit=150) == "Hi <b>U123S123C12329 Dec 2025 11:25 UTCcard"


def test_ids_that_are_none_are_shown_as_text_and_ping_nobody() -> None:
    assert {element["type"] for element in rich_text_elements(ODD)} == {"text"}
    assert mrkdwn(ODD) == "&lt;!here&gt;x\u2217y\u2217at an unknown time"


def test_the_text_beside_the_blocks_shortens_what_is_foreign_before_it_drops_a_line() -> None:
    lines = [rich_text("First"), rich_text(UntrustedText("&" * 700, 700)), rich_text("Last")]
    text = views.fallback_text(lines, limit=1000)
    assert text.startswith("First\n&amp;")
    assert text.endswith("\nLast")
    assert len(text) <= 1000


def test_where_that_is_not_enough_the_last_lines_go_whole() -> None:
    text = views.fallback_text([rich_text("x" * 30), rich_text(UserMention("U123")), rich_text("y" * 30)], limit=45)
    assert text == "x" * 30 + "\n<@U123>\n…"


def test_words_of_ours_may_name_people_and_nothing_else_in_them_is_alive() -> None:
    line = views.with_mentions("These may: <@U123>, <!subteam^S123>. <!channel>")
    assert mrkdwn(line) == "These may: <@U123>, <!subteam^S123>. &lt;!channel&gt;"
    assert mrkdwn(views.with_mentions("<@U1AB> <@U2AB>")) == "<@U1AB> <@U2AB>"


def test_the_way_to_a_card_is_its_address_or_else_its_channel() -> None:
    card = MessageLink("C123", "1.2")
    assert views.card_link(None, lambda _: None) == ()
    assert views.card_link(card, lambda _: None) == (rich_text("The card is in ", ChannelMention("C123"), "."),)
    good = views.card_link(card, lambda _: "https://x.slack.com/archives/C123/p12")
    assert good == (rich_text(Link("https://x.slack.com/archives/C123/p12", "Open the card")),)
    forged = views.card_link(card, lambda _: "https://x|<!channel>")
    assert forged == (rich_text("The card is in ", ChannelMention("C123"), "."),)


def test_a_line_holds_no_empty_words_since_slack_takes_none() -> None:
    assert rich_text("", "a", "") == (PlainText("a"),)
