"""The notice of a pause in Slack, and what else changes when sending is paused or resumed."""

from __future__ import annotations

from bot import policies
from bot.domain import outbox
from bot.domain.content import Content, MessageKey, PauseNotice
from bot.domain.outbox import OutboxEvent
from bot.domain.pauses import Pause
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import upsert_message
from bot.usecases.notifications.read_model import waiting_entities


def update_pause_notice(event: OutboxEvent, deps: Dependencies) -> None:
    """Post a notice when a pause starts, and edit the same message when it ends."""
    name = outbox.pause_name_of(event)
    if _find_pause(name, deps) is None:
        return

    def content() -> PauseNotice:
        pause = _find_pause(name, deps)
        if pause is None:
            raise LookupError(f"no such pause: {name}")
        return PauseNotice(pause)

    upsert_message(MessageKey(deps.channels.alerts, f"pause:{name}"), content, deps, closes_after=_is_over)


def refresh_cards(event: OutboxEvent, deps: Dependencies) -> None:
    """Cards with buttons show whether Switchboard only observes, so each of them is refreshed, at Slack's pace.

    Idempotent: an event that exists is not changed.
    """
    if not outbox.is_mode_change(event):
        return
    for position, entity in enumerate(waiting_entities(deps.records)):
        due = deps.now() + position * policies.PAUSE_CARD_INTERVAL_SECONDS
        deps.outbox.put(outbox.card_refresh(entity, event, due))


def _find_pause(name: str, deps: Dependencies) -> Pause | None:
    return next((pause for pause in deps.pauses.history().pauses if pause.name == name), None)


def _is_over(shown: Content) -> bool:
    return isinstance(shown, PauseNotice) and shown.pause.until is not None
