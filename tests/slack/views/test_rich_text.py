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

EVERY_SPAN = rich_text(
    PlainText("Hi", bold=True),
    " ",
    UntrustedText("<b>"),
    UserMention("U123"),
    UserGroupMention("S123"),
    ChannelMention("C123"),
    Timestamp(1_767_007_500),
    Link("https://x.slack.com/a", "card"),
)
INVALID_IDS = rich_text(UserMention("<!here>"), UserGroupMention("x"), ChannelMention("*y*"), Timestamp(-5))


def test_rich_text_has_an_element_for_each_kind_of_span() -> None:
    assert [element["type"] for element in rich_text_elements(EVERY_SPAN)] == [
        "text",
        "text",
        "text",
        "user",
        "usergroup",
        "channel",
        "date",
        "link",
    ]
    assert rich_text_elements(EVERY_SPAN)[2]["text"] == "<b>"


def test_mrkdwn_is_escaped_and_has_slacks_mentions() -> None:
    assert mrkdwn(EVERY_SPAN) == (
        "Hi &lt;b&gt;<@U123><!subteam^S123><#C123>"
        "<!date^1767007500^{date_short_pretty} at {time}|29 Dec 2025 11:25 UTC><https://x.slack.com/a|card>"
    )


def test_plain_text_has_no_markup() -> None:
    assert plain(EVERY_SPAN, limit=150) == "Hi <b>U123S123C12329 Dec 2025 11:25 UTCcard"


def test_invalid_ids_are_shown_as_text_and_mention_nobody() -> None:
    assert {element["type"] for element in rich_text_elements(INVALID_IDS)} == {"text"}
    assert mrkdwn(INVALID_IDS) == "&lt;!here&gt;x\u2217y\u2217at an unknown time"


def test_the_fallback_text_shortens_untrusted_text_before_it_drops_lines() -> None:
    lines = [rich_text("First"), rich_text(UntrustedText("&" * 700, 700)), rich_text("Last")]
    text = views.fallback_text(lines, limit=1000)
    assert text.startswith("First\n&amp;")
    assert text.endswith("\nLast")
    assert len(text) <= 1000


def test_the_fallback_text_drops_whole_lines_at_the_end() -> None:
    text = views.fallback_text([rich_text("x" * 30), rich_text(UserMention("U123")), rich_text("y" * 30)], limit=45)
    assert text == "x" * 30 + "\n<@U123>\n…"


def test_own_text_may_mention_people_and_groups_only() -> None:
    line = views.with_mentions("These may: <@U123>, <!subteam^S123>. <!channel>")
    assert mrkdwn(line) == "These may: <@U123>, <!subteam^S123>. &lt;!channel&gt;"
    assert mrkdwn(views.with_mentions("<@U1AB> <@U2AB>")) == "<@U1AB> <@U2AB>"


def test_a_card_is_linked_by_its_permalink_or_its_channel() -> None:
    card = MessageLink("C123", "1.2")
    assert views.card_link(None, lambda _: None) == ()
    assert views.card_link(card, lambda _: None) == (rich_text("The card is in ", ChannelMention("C123"), "."),)
    good = views.card_link(card, lambda _: "https://x.slack.com/archives/C123/p12")
    assert good == (rich_text(Link("https://x.slack.com/archives/C123/p12", "Open the card")),)
    forged = views.card_link(card, lambda _: "https://x|<!channel>")
    assert forged == (rich_text("The card is in ", ChannelMention("C123"), "."),)


def test_rich_text_has_no_empty_spans() -> None:
    assert rich_text("", "a", "") == (PlainText("a"),)
