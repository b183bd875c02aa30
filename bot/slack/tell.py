"""Slack room: what came of a click, told to the person who made it and to nobody else."""

from __future__ import annotations

import logging

from bot.errors import OutOfTime, SlackError
from bot.slack import replies
from bot.slack.modals import said
from bot.slack.office import OpensViews
from bot.slack.phrases import Line

logger = logging.getLogger("switchboard")


def tell(web: OpensViews, trigger_id: str | None, response_url: str | None, title: str, words: Line) -> None:
    """In a window; where Slack opens none, beside the message that was clicked; where that fails too, in the log."""
    if trigger_id and _in_a_window(web, trigger_id, title, words):
        return
    if response_url and _beside_the_message(web, response_url, words):
        return
    logger.warning("could not tell the person what came of a click")


def _in_a_window(web: OpensViews, trigger_id: str, title: str, words: Line) -> bool:
    try:
        web.open_view(trigger_id, said(title, words))
    except (SlackError, OutOfTime) as error:
        logger.warning("no window for what came of a click", exc_info=error)
        return False
    return True


def _beside_the_message(web: OpensViews, response_url: str, words: Line) -> bool:
    try:
        web.respond(response_url, replies.only_you(words) | {"replace_original": False})
    except (SlackError, OutOfTime) as error:
        logger.warning("no place beside the message for what came of a click", exc_info=error)
        return False
    return True
