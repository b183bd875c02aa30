"""infra/local/noyo: Noyo's Fulfillment API on one machine, never kinder than the real one."""

from .answers import BREAKAGES
from .desk import Seen
from .faults import Fault, FaultKind, Faults
from .rules import Rules, Step
from .standin import NoyoStandIn

__all__ = ["BREAKAGES", "Fault", "FaultKind", "Faults", "NoyoStandIn", "Rules", "Seen", "Step"]
