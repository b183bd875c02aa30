"""Tell a channel that nothing is sent to Noyo for now, or again, in one message that is kept true."""

from __future__ import annotations

from bot.domain import outbox as telling
from bot.domain.content import Content, PauseNotice
from bot.domain.messages import MessageKey
from bot.domain.outbox import OutboxEvent
from bot.domain.pauses import Pause
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import upsert_message
from bot.usecases.notifications.summary import waiting_subjects

SECONDS_BETWEEN_CARDS = 3


def update_pause_notice(event: OutboxEvent, deps: Dependencies) -> None:
    """Posts what began, and edits the same message once it is over; what is too old to be remembered stays."""
    name = telling.pause_name_of(event)
    if _named(name, deps) is None:
        return

    def content() -> PauseNotice:
        pause = _named(name, deps)
        if pause is None:
            raise LookupError(f"no such pause: {name}")
        return PauseNotice(pause)

    upsert_message(MessageKey(deps.channels.alerts, f"pause:{name}"), content, deps, closes=_is_over)


def refresh_cards(event: OutboxEvent, deps: Dependencies) -> None:
    """Cards say whether Switchboard only watches where they offer a deed: each is shown anew, at Slack's pace.

    Safe to call again: news that is there already stays as it is.
    """
    if not telling.is_mode_change(event):
        return
    for place, entity in enumerate(waiting_subjects(deps.records)):
        due = deps.now() + place * SECONDS_BETWEEN_CARDS
        deps.outbox.put(telling.card_refresh(entity, event, due))


def _named(name: str, deps: Dependencies) -> Pause | None:
    return next((pause for pause in deps.pauses.history().pauses if pause.name == name), None)


def _is_over(shown: Content) -> bool:
    return isinstance(shown, PauseNotice) and shown.pause.until is not None
