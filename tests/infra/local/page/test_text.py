"""Texts become plain nodes: what a message contains is never interpreted by the browser."""

from typing import Any

import pytest

from infra.local.page.text import TextPresenter
from infra.local.slack import SlackFake


@pytest.fixture
def texts(slack: SlackFake) -> TextPresenter:
    slack.add_usergroup("S1", "approvers", ["U1"])
    slack.add_usergroup("S2", "admins", ["U2"])
    return TextPresenter(slack.workspace, slack.workspace.users["U1"])


def plain(text: str) -> dict[str, Any]:
    return {"kind": "text", "text": text}


def styled(style: str, *nodes: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "style", "style": style, "nodes": list(nodes)}


@pytest.mark.parametrize(
    ("written", "nodes"),
    [
        ("plain", [plain("plain")]),
        ("*bold* and _slanted_", [styled("bold", plain("bold")), plain(" and "), styled("italic", plain("slanted"))]),
        ("*a ~b~*", [styled("bold", plain("a "), styled("strike", plain("b")))]),
        ("2*3*4", [plain("2*3*4")]),
        ("`*code*`", [{"kind": "code", "text": "*code*"}]),
        ("```a\nb```", [{"kind": "preformatted", "text": "a\nb"}]),
        ("&gt; q\n&gt; r\nrest", [{"kind": "quote", "nodes": [plain("q\nr")]}, plain("rest")]),
        ("<script>alert(1)</script>", [plain("<script>alert(1)</script>")]),
        ("<javascript:alert(1)|click>", [plain("<javascript:alert(1)|click>")]),
        ("<#C1>", [{"kind": "label", "text": "#carriers"}]),
        ("\x000\x01 <@U2>", [plain(" "), {"kind": "ping", "text": "@Ben", "own": False}]),
    ],
)
def test_mrkdwn_becomes_nodes(texts: TextPresenter, written: str, nodes: list[dict[str, Any]]) -> None:
    assert texts.mrkdwn(written, auto_parse=False) == nodes


@pytest.mark.parametrize(
    ("written", "shown", "own"),
    [
        ("<@U1>", "@Ana", True),
        ("<@U2>", "@Ben", False),
        ("<!channel>", "@channel", True),
        ("<!subteam^S1>", "@approvers", True),
        ("<!subteam^S2>", "@admins", False),
    ],
)
def test_mentions_of_the_reader_are_marked(texts: TextPresenter, written: str, shown: str, own: bool) -> None:
    assert texts.mrkdwn(written, auto_parse=False) == [{"kind": "ping", "text": shown, "own": own}]


def test_a_link_names_its_target(texts: TextPresenter) -> None:
    [node] = texts.mrkdwn("<https://example.com/a|Noyo>", auto_parse=False)
    assert node == {"kind": "link", "text": "Noyo", "target": "https://example.com/a"}


def test_plain_text_is_literal(texts: TextPresenter) -> None:
    assert texts.text({"type": "plain_text", "text": "*x* <@U1>"}) == [plain("*x* <@U1>")]


def test_a_rich_text_link_that_would_run_a_script_is_text(texts: TextPresenter) -> None:
    [node] = texts.leaves([{"type": "link", "url": "javascript:alert(1)", "text": "click"}])
    assert node == plain("click (javascript:alert(1))")


def test_dates_are_in_the_readers_zone(slack: SlackFake) -> None:
    slack.add_user("U3", "Kai", tz="Asia/Tokyo")
    leaf = {"type": "date", "timestamp": 1_712_345_678, "format": "{date_short} at {time}"}
    for reader, shown in (("U1", "Apr 5, 2024 at 3:34 PM"), ("U3", "Apr 6, 2024 at 4:34 AM")):
        [node] = TextPresenter(slack.workspace, slack.workspace.users[reader]).leaves([leaf])
        assert node["text"] == shown
