"""Why a group is disconnected, and why a disconnection is decided as it is: the only place of both lists."""

from __future__ import annotations

from enum import StrEnum


class DisconnectionReason(StrEnum):
    """Why a group is to be disconnected. Noyo has changed this list before: its refusal of one is shown as it is."""

    BROKER_OF_RECORD = "broker_of_record"
    LOST_ACCESS = "lost_access"
    NO_LONGER_ELIGIBLE = "no_longer_eligible"
    NOT_USING_CONNECTION = "not_using_connection"
    OTHER = "other"
    PAYMENT_LAPSE = "payment_lapse"
    PLATFORM_REQUESTED = "platform_requested"
    TERMINATED = "terminated"


class DecisionReason(StrEnum):
    """Why a request to disconnect was approved or rejected."""

    CONNECTION_RESTORED = "connection_restored"
    ELIGIBILITY_RESTORED = "eligibility_restored"
    OTHER = "other"
    PAYMENT_REINSTATED = "payment_reinstated"


class Decision(StrEnum):
    """What is decided about a request to disconnect: the group goes, or it stays."""

    APPROVE = "approve"
    REJECT = "reject"
