"""Use case: tell a channel that nothing is sent to Noyo for now, or again, in one message that is kept true."""

from __future__ import annotations

from bot.domain import news as telling
from bot.domain.delivery import Place
from bot.domain.news import News
from bot.domain.sending import Pause
from bot.domain.showing import Content, SwitchNotice
from bot.usecases.board import Tools
from bot.usecases.deliver import keep_true
from bot.usecases.summarise import waiting_subjects

SECONDS_BETWEEN_CARDS = 3


def tell_of_sending(news: News, tools: Tools) -> None:
    """Posts what began, and edits the same message once it is over; what is too old to be remembered stays."""
    name = telling.pause_of(news)
    if _named(name, tools) is None:
        return

    def content() -> SwitchNotice:
        pause = _named(name, tools)
        if pause is None:
            raise LookupError(f"no such pause: {name}")
        return SwitchNotice(pause)

    keep_true(Place(tools.channels.alerts, f"pause:{name}"), content, tools.desk, closes=_is_over)


def show_offers_again(news: News, tools: Tools) -> None:
    """Cards say whether Switchboard only watches where they offer a deed: each is shown anew, at Slack's pace.

    Safe to call again: news that is there already stays as it is.
    """
    if not telling.is_of_mode(news):
        return
    for place, subject in enumerate(waiting_subjects(tools.library.records)):
        due = tools.desk.now() + place * SECONDS_BETWEEN_CARDS
        tools.news.put(telling.to_show_again(subject, news, due))


def _named(name: str, tools: Tools) -> Pause | None:
    return next((pause for pause in tools.switches.sending().pauses if pause.name == name), None)


def _is_over(shown: Content) -> bool:
    return isinstance(shown, SwitchNotice) and shown.pause.until is not None
