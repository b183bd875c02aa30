"""Domain: whether the effect that an operation wanted is there, as far as Noyo's records can tell."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.operations import Operation, RetryRequest
from bot.domain.records import Connection, ConnectionStatus, Record

CLOCK_DIFFERENCE_SECONDS = 120
"""How far Noyo's clock and ours may stand apart."""


def made_since(record: Record, operation: Operation) -> bool:
    """Whether the record was created since the operation may first have left us."""
    sent = operation.first_sent_at
    return sent is not None and record.created >= sent - CLOCK_DIFFERENCE_SECONDS


def retried(operation: Operation, versions: Iterable[Record]) -> Record | None:
    """The version that shows that the retry took effect, among those known since it was sent.

    Wanted with another carrier group id: a version that carries it. Wanted as it was: a version that was `processing`.
    That the record merely moved proves nothing.
    """
    wanted = operation.input
    if not isinstance(wanted, RetryRequest) or operation.first_sent_at is None:
        return None
    since = operation.first_sent_at - CLOCK_DIFFERENCE_SECONDS
    return next((version for version in versions if _shows(version, operation, wanted, since)), None)


def _shows(version: Record, operation: Operation, wanted: RetryRequest, since: int) -> bool:
    if not isinstance(version, Connection) or version.version == operation.shown_version:
        return False
    if version.modified < since:
        return False
    if wanted.carrier_group_id is not None:
        return version.carrier_group_id == wanted.carrier_group_id
    return version.status is ConnectionStatus.PROCESSING
