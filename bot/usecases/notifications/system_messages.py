"""Messages about Switchboard itself: the summary after the first run, and the notice of a pause."""

from __future__ import annotations

from bot import policies
from bot.domain import outbox
from bot.domain.content import Content, MessageKey, PauseNotice, Summary
from bot.domain.outbox import OutboxEvent
from bot.domain.pauses import Pause
from bot.domain.record_states import RecordState
from bot.domain.records import ConnectionStatus, DisconnectionStatus, EntityKind, EntityRef
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import upsert_message
from bot.usecases.ports.storage import RecordRepository


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


SHOWN = 20
COUNTED = 1000
WAITING_STATUSES = (
    (EntityKind.DISCONNECTION, DisconnectionStatus.NEEDS_REVIEW),
    (EntityKind.CONNECTION, ConnectionStatus.UNABLE_TO_CONNECT),
    (EntityKind.CONNECTION, ConnectionStatus.ACTION_REQUIRED),
    (EntityKind.CONNECTION, ConnectionStatus.CARRIER_AUTHORIZATION),
)


def summary(records: RecordRepository, now: int) -> Summary:
    """The number of open records by kind, and the first of those that need our action."""
    waiting, total = waiting_for_us(records)
    return Summary(
        connections=len(records.open_entities(EntityKind.CONNECTION)),
        disconnections=len(records.open_entities(EntityKind.DISCONNECTION)),
        waiting=waiting,
        waiting_total=total,
        at=now,
    )


def waiting_for_us(records: RecordRepository) -> tuple[tuple[RecordState, ...], int]:
    """The first records that need our action, and their total number (each status counted up to 1,000)."""
    waiting = waiting_entities(records)
    held = records.record_states(waiting[:SHOWN])
    return tuple(held[entity] for entity in waiting[:SHOWN] if entity in held), len(waiting)


def waiting_entities(records: RecordRepository) -> list[EntityRef]:
    """All records that need our action, up to 1,000 of each status."""
    return [
        entity for kind, status in WAITING_STATUSES for entity in records.in_status(kind, status.value, limit=COUNTED)
    ]
