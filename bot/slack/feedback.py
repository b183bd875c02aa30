"""What came of a click, told to the person who made it and to nobody else."""

from __future__ import annotations

import logging

from bot.errors import DeadlineExceeded, SlackError
from bot.slack.context import ViewGateway
from bot.slack.views import replies
from bot.slack.views.modals import notice
from bot.slack.views.rich_text import RichText

logger = logging.getLogger("switchboard")


def give_feedback(
    web: ViewGateway, trigger_id: str | None, response_url: str | None, title: str, words: RichText
) -> None:
    """In a window; where Slack opens none, beside the message that was clicked; where that fails too, in the log."""
    if trigger_id and _in_a_window(web, trigger_id, title, words):
        return
    if response_url and _beside_the_message(web, response_url, words):
        return
    logger.warning("could not tell the person what came of a click")


def _in_a_window(web: ViewGateway, trigger_id: str, title: str, words: RichText) -> bool:
    try:
        web.open_view(trigger_id, notice(title, words))
    except (SlackError, DeadlineExceeded) as error:
        logger.warning("no window for what came of a click", exc_info=error)
        return False
    return True


def _beside_the_message(web: ViewGateway, response_url: str, words: RichText) -> bool:
    try:
        web.respond(response_url, replies.ephemeral(words) | {"replace_original": False})
    except (SlackError, DeadlineExceeded) as error:
        logger.warning("no place beside the message for what came of a click", exc_info=error)
        return False
    return True
