"""A handover: all claims of one person become a colleague's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from bot.domain.record_states import Claim, RecordState, claim_of
from bot.domain.records import EntityRef


@dataclass(frozen=True, slots=True)
class Handover:
    """What `giver` hands over to `receiver` (Slack user ids): the claims that the form showed and that still held when
    it was submitted. `shown` is how many the form showed. `note` is what the giver typed.

    `moved`, `unmoved` and `problem` are its result: the records that became the receiver's, those that did not because
    they changed meanwhile, and why the receiver could not be given any.
    """

    giver: str
    receiver: str
    claims: tuple[Claim, ...]
    shown: int
    note: str = ""
    moved: tuple[EntityRef, ...] = ()
    unmoved: tuple[EntityRef, ...] = ()
    problem: str | None = None

    def is_pending(self, claim: Claim, state: RecordState | None) -> bool:
        """Whether the record is still claimed as it was shown. A claim that ended and was renewed is another one."""
        return state is not None and state.owner == self.giver and claim_of(state) == claim

    def has_moved(self, claim: Claim, state: RecordState | None) -> bool:
        """Whether the receiver's claim directly follows the one that was shown."""
        if state is None:
            return False
        return (state.owner, state.owner_revision) == (self.receiver, claim.owner_revision + 1)

    def with_result(self, states: dict[EntityRef, RecordState], problem: str | None) -> Self:
        moved = tuple(each.entity for each in self.claims if self.has_moved(each, states.get(each.entity)))
        unmoved = tuple(each.entity for each in self.claims if each.entity not in moved)
        return replace(self, moved=moved, unmoved=unmoved, problem=problem)
