"""What Noyo says about a group's eligibility, after it refused to connect the group without naming a field.

Noyo checks the eligibility itself when it is asked to connect a group, and documents no list of its words for it. So no
word of them prevents a request from being sent. They are read only to explain a refusal to the person who asked.
"""

from __future__ import annotations

from bot import policies
from bot.domain.corrections import names_a_field
from bot.domain.records import Eligibility
from bot.domain.requests import ConnectionRequest, OperationInput
from bot.errors import NoyoError, NoyoRefused
from bot.usecases.ports.noyo import NoyoReader

INVALID = 422


def eligibility_words(wanted: OperationInput, refusal: NoyoRefused, noyo: NoyoReader) -> tuple[str, ...]:
    """Noyo's words, the result first. Empty if they explain nothing, or if Noyo does not say."""
    if not isinstance(wanted, ConnectionRequest) or wanted.group_id is None or wanted.options.any_given:
        return ()
    if refusal.status != INVALID or names_a_field(refusal.message):
        return ()
    try:
        found = noyo.eligibility(wanted.group_id, wanted.carrier_id)
    except NoyoError:
        return ()  # The refusal stands on its own.
    return next((_words(each) for each in found if each.carrier_id == wanted.carrier_id), ())


def _words(found: Eligibility) -> tuple[str, ...]:
    rules = found.rules[: policies.ELIGIBILITY_RULES]
    return (found.eligibility, *(f"{rule.result}: {rule.description or rule.rule}" for rule in rules))
