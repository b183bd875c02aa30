"""After a person's absence changed, cards and alerts that name the person as owner are updated."""

from __future__ import annotations

from bot import policies
from bot.domain import outbox
from bot.domain.outbox import OutboxEvent
from bot.usecases.dependencies import Dependencies


def refresh_owned(event: OutboxEvent, deps: Dependencies) -> None:
    """Update what the person owns, and what those own for whom the person covers, at Slack's pace.

    Idempotent: an event that exists is not changed.
    """
    person = event.entity.key
    covered = [absence.person for absence in deps.absences.absences().covered_by(person, deps.now())]
    claims = [claim for owner in dict.fromkeys([person, *covered]) for claim in deps.records.owned_by(owner)]
    for position, claim in enumerate(claims):
        due = deps.now() + position * policies.PAUSE_CARD_INTERVAL_SECONDS
        deps.outbox.put(outbox.card_refresh(claim.entity, event, due))
