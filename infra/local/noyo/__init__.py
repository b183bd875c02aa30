"""A fake of Noyo's Fulfillment API, served over real HTTP.

Where Noyo's documentation is silent, it does the stricter thing. docs/fakes.md lists the differences.
"""

from infra.local.noyo.fake import NoyoFake
from infra.local.noyo.faults import Fault, FaultKind, Faults
from infra.local.noyo.responses import CORRUPTIONS, UNREADABLE
from infra.local.noyo.rules import Rules, Step
from infra.local.noyo.service import ReceivedRequest

__all__ = ["CORRUPTIONS", "UNREADABLE", "Fault", "FaultKind", "Faults", "NoyoFake", "ReceivedRequest", "Rules", "Step"]
