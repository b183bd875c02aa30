"""How messages and views are rendered for users."""

from typing import Any

import pytest
from slack_sdk import WebClient

from infra.local.slack import Message, SlackFake
from infra.local.slack.display.dates import shown_date

NOW = 1_712_345_678  # Friday, April 5th, 2024, 19:34:38 UTC


def mrkdwn(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, **more}


def section(text: dict[str, Any]) -> dict[str, Any]:
    return {"type": "section", "text": text}


def message_with(slack: SlackFake, client: WebClient, *blocks: dict[str, Any], text: str = "-") -> Message:
    client.chat_postMessage(channel="C1", text=text, blocks=list(blocks))
    return slack.channel("C1")[-1]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<!channel>", "@channel (pings everyone!)"),
        ("<!here|nobody>", "@here (pings everyone!)"),
        ("&lt;!channel&gt;", "<!channel>"),
        ("&amp;lt;", "&lt;"),
        ("<@U1>", "@Ana"),
        ("<@U404>", "@U404"),
        ("<!subteam^S1>", "@approvers"),
        ("<#C1>", "#carriers"),
        ("<https://evil.example|Noyo>", "Noyo (links to https://evil.example)"),
        ("<https://a.example>", "https://a.example (link)"),
        ("<nothing known>", "<nothing known>"),
        ("*bold* _slanted_ ~gone~", "**bold** __slanted__ ~~gone~~"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("*\u200bbold*", "*\u200bbold*"),
        ("* no *", "* no *"),
        ("*<@U1> said*", "**@Ana said**"),
        ("`*code*`", "`*code*`"),
        ("&gt; quoted", "▌ quoted"),
        ("> quoted", "▌ quoted"),
    ],
)
@pytest.mark.parametrize("verbatim", [True, False])
def test_mrkdwn_is_rendered_as_slack_does(
    slack: SlackFake, client: WebClient, written: str, shown: str, verbatim: bool
) -> None:
    slack.add_usergroup("S1", "approvers", ["U1"])
    message = message_with(slack, client, section(mrkdwn(written, verbatim=verbatim)))
    assert slack.render(message) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("see https://a.example now", "see https://a.example (link) now"),
        ("see evil.com/x", "see evil.com/x (links to http://evil.com/x)"),
        ("mail a@b.example", "mail a@b.example (links to mailto:a@b.example)"),
        ("@here look", "@here (pings everyone!) look"),
        ("go to #carriers", "go to #carriers"),
    ],
)
def test_bare_urls_and_mentions_are_active_unless_verbatim(
    slack: SlackFake, client: WebClient, written: str, shown: str
) -> None:
    assert slack.render(message_with(slack, client, section(mrkdwn(written)))) == shown
    verbatim = message_with(slack, client, section(mrkdwn(written, verbatim=True)))
    assert slack.render(verbatim) == written
    assert slack.mentions(verbatim) == slack.links(verbatim) == []


def test_plain_text_and_rich_text_stay_as_written(slack: SlackFake, client: WebClient) -> None:
    untrusted = "<!channel> *bold* https://a.example @here &lt;"
    rich = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": untrusted}]}
    message = message_with(
        slack, client, section({"type": "plain_text", "text": untrusted}), {"type": "rich_text", "elements": [rich]}
    )
    assert slack.render(message) == f"{untrusted}\n{untrusted}"
    assert slack.mentions(message) == slack.links(message) == []


def test_mentions_and_links_are_found_everywhere(slack: SlackFake, client: WebClient) -> None:
    slack.add_usergroup("S1", "approvers", ["U1"])
    leaves = [
        {"type": "user", "user_id": "U2"},
        {"type": "broadcast", "range": "everyone"},
        {"type": "link", "url": "https://rich.example"},
    ]
    message = message_with(
        slack,
        client,
        {"type": "section", "fields": [mrkdwn("<!subteam^S1> @here")]},
        {"type": "context", "elements": [mrkdwn("<@U1> <https://a.example|x>")]},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": leaves}]},
        {
            "type": "actions",
            "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Go"}, "url": "https://b.example"}],
        },
    )
    assert slack.mentions(message) == ["@approvers", "@here", "@Ana", "@Ben", "@everyone"]
    assert slack.links(message) == ["https://a.example", "https://rich.example", "https://b.example"]


def test_explicit_mentions_in_the_fallback_text_count_too(slack: SlackFake, client: WebClient) -> None:
    text = "<!channel> <https://a.example|x> https://b.example @here"
    message = message_with(slack, client, {"type": "divider"}, text=text)
    assert slack.mentions(message) == ["@channel"]
    assert slack.links(message) == ["https://a.example"]
    assert slack.render(message) == "---"


def test_top_level_text_is_rendered_with_its_links(slack: SlackFake, client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="*new* https://a.example @here")
    (message,) = slack.channel("C1")
    assert slack.render(message) == "**new** https://a.example (link) @here"
    assert (slack.mentions(message), slack.links(message)) == ([], ["https://a.example"])


@pytest.mark.parametrize(
    ("pattern", "tz", "shown"),
    [
        ("{date_num} {time_secs}", "UTC", "2024-04-05 7:34:38 PM"),
        ("{date_short_pretty} at {time}", "America/New_York", "today at 3:34 PM"),
        ("{date_long}", "Asia/Tokyo", "Saturday, April 6th, 2024"),
        ("{date} {ago}", "UTC", "April 5th, 2024 just now"),
        ("{unknown}", "UTC", None),
        ("no token", "UTC", None),
    ],
)
def test_a_date_is_shown_in_the_readers_zone(pattern: str, tz: str, shown: str | None) -> None:
    assert shown_date(str(NOW), pattern, tz, NOW) == shown


@pytest.mark.parametrize(
    ("age", "pretty", "ago"),
    [
        (86_400, "yesterday", "1 day ago"),
        (-86_400, "tomorrow", "in 1 day"),
        (2 * 86_400, "Apr 3, 2024", "2 days ago"),
        (3 * 3600, "today", "3 hours ago"),
        (120, "today", "2 minutes ago"),
    ],
)
def test_near_days_have_names(age: int, pretty: str, ago: str) -> None:
    assert shown_date(str(NOW - age), "{date_short_pretty}|{ago}", "UTC", NOW) == f"{pretty}|{ago}"


def test_a_malformed_date_shows_its_fallback(slack: SlackFake, client: WebClient) -> None:
    written = "<!date^soon^{date}|some &amp; day> <!date^1712345678^{time}|x>"
    message = message_with(slack, client, section(mrkdwn(written)))
    assert slack.render(message) == "some & day 3:34 PM"


def test_a_card_is_rendered_in_reading_order(slack: SlackFake, client: WebClient) -> None:
    plain = {"type": "plain_text", "text": "Retry…"}
    message = message_with(
        slack,
        client,
        {"type": "header", "text": {"type": "plain_text", "text": "Unable to connect"}},
        {"type": "section", "text": mrkdwn("Test Company"), "fields": [mrkdwn("*Carrier*"), mrkdwn("Aetna")]},
        {
            "type": "actions",
            "elements": [{"type": "button", "text": plain}, {"type": "button", "text": {**plain, "text": "Details"}}],
        },
        {"type": "context", "elements": [mrkdwn("test"), mrkdwn("asked by <@U1>")]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "v1"}, {"type": "raw_number", "value": 2}]]},
        {"type": "image", "image_url": "u", "alt_text": "a chart"},
        {"type": "markdown", "text": "words"},
        {"type": "card", "title": mrkdwn("a card"), "body": mrkdwn("short")},
        {"type": "container", "title": mrkdwn("History"), "child_blocks": [{"type": "divider"}]},
    )
    assert slack.render(message).splitlines() == [
        "# Unable to connect",
        "Test Company",
        "  **Carrier**",
        "  Aetna",
        "[Retry…] [Details]",
        "· test · asked by @Ana",
        "v1 | 2",
        "[image: a chart]",
        "words",
        "a card",
        "short",
        "History",
        "---",
    ]


def test_a_user_sees_channels_threads_their_own_ephemeral_messages_and_the_modal(
    with_bot: SlackFake, client: WebClient, bot: Any
) -> None:
    with_bot.add_channel("C3", "secret", private=True, members=["U2"])
    client.chat_postMessage(channel="C3", text="hidden")
    ts = client.chat_postMessage(channel="C1", text="card")["ts"]
    client.chat_postMessage(channel="C1", text="line", thread_ts=ts)
    client.chat_update(channel="C1", ts=ts, text="card two")
    client.chat_postEphemeral(channel="C1", user="U1", text="only you")
    client.chat_postMessage(channel="U1", text="psst")
    with_bot.command("U1", "C1")
    label = {"type": "plain_text", "text": "Name"}
    field = {
        "type": "input",
        "block_id": "n",
        "label": label,
        "hint": {"type": "plain_text", "text": "as at the carrier"},
        "optional": True,
        "element": {"type": "plain_text_input", "action_id": "i", "initial_value": "Test"},
    }
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Connect"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [{"type": "alert", "level": "error", "text": mrkdwn("no")}, field],
    }
    client.views_open(trigger_id=bot.last.form["trigger_id"], view=view)
    assert with_bot.transcript("U1").splitlines() == [
        "== #carriers ==",
        "",
        "Switchboard:",
        "card two (edited)",
        "  ↳ line",
        "",
        "Only visible to you · Switchboard:",
        "only you",
        "",
        "== Direct message with the bot ==",
        "",
        "Switchboard:",
        "psst",
        "",
        "[[ Connect ]]",
        "(error) no",
        "Name (optional): [Test]",
        "  as at the carrier",
        "[Send]",
    ]
    assert "hidden" in with_bot.transcript("U2")
    assert "only you" not in with_bot.transcript("U2")


def test_messages_that_were_read_do_not_change(slack: SlackFake, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C1", text="before")["ts"]
    (read,) = slack.channel("C1")
    client.chat_update(channel="C1", ts=ts, text="after")
    assert read.text == "before"
