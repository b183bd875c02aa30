"""*Correct and Send Again*: Noyo refused a connection request because of what was entered.

The person reads what Noyo says about which field, corrects that one value, and types nothing else again. What can go
wrong: the click is on an old message, comes twice, comes from somebody else or after the kept values were deleted, or
the same was requested meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.corrections import correction_id, is_correctable, retained_fields, without_names
from bot.domain.operations import Operation, OperationState
from bot.domain.requests import ConnectionRequest, RetainedFields
from bot.slack.context import RequestContext
from bot.slack.features.forms import Entry
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.corrections import DISCARD, values_filled_in
from bot.slack.views.modals import notice
from bot.slack.views.operation_text import in_progress, outcome
from bot.slack.views.rich_text import Json, RichText, Span, rich_text


@dataclass(frozen=True, slots=True)
class Correction:
    """A refused request and the sensitive fields that are still kept of it."""

    operation: Operation
    wanted: ConnectionRequest
    retained: tuple[RetainedFields, ...] = ()

    @property
    def retained_names(self) -> frozenset[str]:
        return frozenset(name for each in self.retained for name in each.names)

    @property
    def about(self) -> ButtonValue:
        """What the form is for. It is outdated once values are deleted that it says are retained."""
        return ButtonValue(operation_id=self.operation.id, version="kept" if self.retained else "dropped")

    def completed(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """Slack may report a field as blank that the person left as it was filled in (see `modals.values_of`)."""
        filled = values_filled_in(self.wanted)
        if "group_name" in values:  # The form is for a new group.
            filled.pop("group", None)
        return {name: value or filled.get(name, "") for name, value in values.items()}

    def used(self, entry: Entry) -> tuple[RetainedFields, ...]:
        """The kept fields, unless the person did without them."""
        return () if entry.values.get(DISCARD) else self.retained

    def used_names(self, entry: Entry) -> frozenset[str]:
        return self.retained_names if self.used(entry) else frozenset()


def is_correction(shown: ButtonValue) -> bool:
    """Whether a form corrects a request; other forms of a new connection name no version."""
    return shown.version is not None


def operation_id(entry: Entry) -> str:
    """A correction has the same id in each window, so a refused request is corrected once."""
    if is_correction(entry.shown) and entry.shown.operation_id is not None:
        return correction_id(entry.shown.operation_id)
    return entry.view_id


def find(context: RequestContext, refused_id: str) -> Correction | Json:
    """The correction of this request, or a notice that says why there is none."""
    operations = context.deps.operations
    refused = operations.operation(refused_id)
    if refused is None:
        return _none("This request was settled long ago. Start again with ", context.command, " connect.")
    if refused.actor != context.actor.user_id:
        return _none("Only the person who asked for this can correct it.")
    if not is_correctable(refused) or not isinstance(refused.input, ConnectionRequest):
        return _none("There is nothing to correct. ", *_now(refused))
    corrected = operations.operation(correction_id(refused_id))
    if corrected is not None:
        return _none("You corrected this request before. ", *_now(corrected))
    newer = operations.open_on(refused.entity) or operations.last_on(refused.entity)
    if newer is not None and (newer.is_open or newer.state is OperationState.SUCCEEDED):
        return _none("The same was requested again meanwhile. ", *_now(newer))
    retained = without_names(retained_fields(refused, context.deps.now()), ())
    return Correction(refused, refused.input, retained)


def _none(*words: str | Span) -> Json:
    return notice("Not possible", rich_text(*words, " Nothing was sent to Noyo now."))


def _now(operation: Operation) -> RichText:
    return in_progress(operation) if operation.is_open else rich_text(*outcome(operation), ".")
