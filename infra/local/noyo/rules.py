"""How strict the fake is, and the values that Noyo documents.

Nothing is imported from the bot, so that the two cannot share a mistake.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

CONNECTION_STATUSES = frozenset(
    {
        "created",
        "processing",
        "noyo_review",
        "waiting_on_carrier",
        "carrier_authorization",
        "action_required",
        "unable_to_connect",
        "completed",
    }
)
RETRYABLE_STATUSES = frozenset({"unable_to_connect", "action_required"})
DISCONNECTION_STATUSES = frozenset({"needs_review", "processing", "completed", "rejected"})
SOURCE_TYPES = frozenset({"platform", "carrier", "group_audit_request", "group_setup_request", "member_transaction"})
# Noyo has published two lists of reasons for new disconnections, so a rule says which one applies.
GUIDE_REASONS = frozenset(
    {
        "broker_of_record",
        "lost_access",
        "no_longer_eligible",
        "not_using_connection",
        "other",
        "payment_lapse",
        "platform_requested",
        "terminated",
    }
)
DESCRIPTION_REASONS = frozenset(
    {
        "broker_of_record",
        "changed_enrollment_method",
        "lost_group",
        "no_longer_eligible",
        "not_using_connection",
        "other",
        "terminated",
    }
)


class Step(NamedTuple):
    """One status change of a script, `after_seconds` after the request or the retry."""

    after_seconds: float
    status: str
    error: str | None = None


@dataclass(frozen=True)
class Rules:
    """Behaviour that the real API does not specify or has changed. The defaults are the stricter interpretation."""

    stale_version: Literal["409", "404", "422", "ignored"] = "409"
    max_page_size: int = 100
    default_page_size: int = 20
    page_sizes: range = range(5, 101)
    past_the_end: Literal["empty", "422"] = "empty"
    honours_sort: bool = True
    honours_offset: bool = True
    vendor_nulls: bool = True
    lists_omit: frozenset[str] = frozenset()
    expires_in_unit: Literal["ms", "s"] = "ms"
    token_life_seconds: int = 600
    settle_script: tuple[Step, ...] | None = (Step(1, "processing"), Step(2, "completed"))
    carriers: frozenset[str] | None = None
    formats: Mapping[str, str] = field(default_factory=dict)
    create_reasons: frozenset[str] = GUIDE_REASONS
    protected_groups: frozenset[str] = frozenset()
    freeze_modified: bool = False


class Refusal(Exception):
    """Noyo refuses the request, with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
