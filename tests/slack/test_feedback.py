"""Slack room tests: what came of a click reaches the person by the first way that is open, and by one only."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import DeadlineExceeded, SlackNoAnswer, SlackRefused
from bot.slack.feedback import give_feedback
from bot.slack.views.rich_text import rich_text

WORDS = rich_text("Nothing was done.")


class Ways:
    """Two ways back, each open or closed by an error."""

    def __init__(self, window: Exception | None = None, beside: Exception | None = None) -> None:
        self._closed = {"window": window, "beside": beside}
        self.told: list[tuple[str, str]] = []
        self.answer: dict[str, Any] = {}

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> None:
        self._say("window", trigger_id, view)

    def respond(self, response_url: str, answer: dict[str, Any]) -> None:
        self._say("beside", response_url, answer)

    def _say(self, way: str, address: str, answer: dict[str, Any]) -> None:
        closed = self._closed[way]
        if closed is not None:
            raise closed
        self.told.append((way, address))
        self.answer = answer


def test_a_window_is_enough() -> None:
    ways = Ways()
    give_feedback(ways, "trigger", "https://hooks.example/1", "Not possible", WORDS)
    assert ways.told == [("window", "trigger")]
    assert ways.answer["title"]["text"] == "Not possible"


@pytest.mark.parametrize(
    "error", [SlackRefused("expired_trigger_id"), SlackNoAnswer("no answer"), DeadlineExceeded()]
)
def test_without_a_window_the_person_alone_reads_it_and_the_message_stays(error: Exception) -> None:
    ways = Ways(window=error)
    give_feedback(ways, "trigger", "https://hooks.example/1", "Not possible", WORDS)
    assert ways.told == [("beside", "https://hooks.example/1")]
    assert (ways.answer["response_type"], ways.answer["replace_original"]) == ("ephemeral", False)
    assert "Nothing was done." in ways.answer["text"]


def test_without_a_trigger_no_window_is_tried() -> None:
    ways = Ways()
    give_feedback(ways, "", "https://hooks.example/1", "Not possible", WORDS)
    assert ways.told == [("beside", "https://hooks.example/1")]


@pytest.mark.parametrize("address", [None, "https://hooks.example/1"])
def test_what_nobody_could_be_told_is_in_the_log(
    caplog: pytest.LogCaptureFixture, address: str | None
) -> None:
    ways = Ways(window=SlackNoAnswer("no answer"), beside=DeadlineExceeded())
    give_feedback(ways, "trigger", address, "Not possible", WORDS)
    assert ways.told == []
    assert "could not tell the person what came of a click" in caplog.text
