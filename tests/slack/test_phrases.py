"""Slack room tests: one line, in the forms that Slack takes."""

from bot.domain.showing import Link
from bot.slack import phrases
from bot.slack.phrases import (
    Address,
    Channel,
    Foreign,
    Moment,
    Person,
    Usergroup,
    Words,
    line,
    mrkdwn,
    plain,
    rich,
)

EVERY = line(
    Words("Hi", bold=True),
    " ",
    Foreign("<b>"),
    Person("U123"),
    Usergroup("S123"),
    Channel("C123"),
    Moment(1_767_007_500),
    Address("https://x.slack.com/a", "card"),
)
ODD = line(Person("<!here>"), Usergroup("x"), Channel("*y*"), Moment(-5))


def test_in_rich_text_people_times_and_links_are_elements_of_their_own() -> None:
    assert [element["type"] for element in rich(EVERY)] == [
        "text",
        "text",
        "text",
        "user",
        "usergroup",
        "channel",
        "date",
        "link",
    ]
    assert rich(EVERY)[2]["text"] == "<b>"


def test_in_mrkdwn_the_same_line_is_escaped_and_mentions_are_slacks() -> None:
    assert mrkdwn(EVERY) == (
        "Hi &lt;b&gt;<@U123><!subteam^S123><#C123>"
        "<!date^1767007500^{date_short_pretty} at {time}|29 Dec 2025 11:25 UTC><https://x.slack.com/a|card>"
    )


def test_in_plain_text_everything_is_words() -> None:
    assert plain(EVERY, limit=150) == "Hi <b>U123S123C12329 Dec 2025 11:25 UTCcard"


def test_ids_that_are_none_are_shown_as_text_and_ping_nobody() -> None:
    assert {element["type"] for element in rich(ODD)} == {"text"}
    assert mrkdwn(ODD) == "&lt;!here&gt;x\u2217y\u2217at an unknown time"


def test_the_text_beside_the_blocks_shortens_what_is_foreign_before_it_drops_a_line() -> None:
    lines = [line("First"), line(Foreign("&" * 700, 700)), line("Last")]
    made = phrases.beside_blocks(lines, limit=1000)
    assert made.startswith("First\n&amp;")
    assert made.endswith("\nLast")
    assert len(made) <= 1000


def test_where_that_is_not_enough_the_last_lines_go_whole() -> None:
    made = phrases.beside_blocks([line("x" * 30), line(Person("U123")), line("y" * 30)], limit=45)
    assert made == "x" * 30 + "\n<@U123>\n…"


def test_words_of_ours_may_name_people_and_nothing_else_in_them_is_alive() -> None:
    made = phrases.with_mentions("These may: <@U123>, <!subteam^S123>. <!channel>")
    assert mrkdwn(made) == "These may: <@U123>, <!subteam^S123>. &lt;!channel&gt;"
    assert mrkdwn(phrases.with_mentions("<@U1AB> <@U2AB>")) == "<@U1AB> <@U2AB>"


def test_the_way_to_a_card_is_its_address_or_else_its_channel() -> None:
    card = Link("C123", "1.2")
    assert phrases.to_card(None, lambda _: None) == ()
    assert phrases.to_card(card, lambda _: None) == (line("Its card is in ", Channel("C123"), "."),)
    good = phrases.to_card(card, lambda _: "https://x.slack.com/archives/C123/p12")
    assert good == (line(Address("https://x.slack.com/archives/C123/p12", "Open its card")),)
    forged = phrases.to_card(card, lambda _: "https://x|<!channel>")
    assert forged == (line("Its card is in ", Channel("C123"), "."),)


def test_a_line_holds_no_empty_words_since_slack_takes_none() -> None:
    assert line("", "a", "") == (Words("a"),)
