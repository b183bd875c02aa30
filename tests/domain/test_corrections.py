"""What may be corrected, for how long its encrypted fields are kept, and which field Noyo's words are about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import policies
from bot.domain.corrections import (
    correction_id,
    drop_typed,
    field_messages,
    is_correctable,
    retain_typed,
    retained_fields,
    without_names,
)
from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.requests import ConnectionRequest, RetainedFields
from infra.local.gallery.samples import GUARDIAN, a_request, a_retry

NOW = 1_790_000_000
WANTED = ConnectionRequest(
    GUARDIAN,
    "1",
    "Maple Bakery Inc",
    encrypted="typed now",
    typed=("broker_tin",),
    retained=(RetainedFields("V0", "typed before", ("federal_ein",)),),
)


def refused(message: str = "", *, status: int = 422, kind: OutcomeKind = OutcomeKind.REFUSED) -> Operation:
    outcome = Outcome(kind, message, status=status)
    return replace(a_request(input=WANTED).settle(OperationState.REFUSED, outcome, NOW), sends=1)


@pytest.mark.parametrize(("status", "expected"), [(422, True), (409, True), (400, False), (403, False), (404, False)])
def test_a_refusal_of_what_was_entered_can_be_corrected(status: int, expected: bool) -> None:
    assert is_correctable(refused(status=status)) is expected


def test_only_a_refused_connection_request_can_be_corrected() -> None:
    outcome = Outcome(OutcomeKind.REFUSED, status=422)
    assert not is_correctable(a_retry().settle(OperationState.REFUSED, outcome, NOW))
    assert not is_correctable(a_request(input=WANTED))
    assert not is_correctable(replace(refused(), state=OperationState.CANCELLED))


def test_what_may_have_taken_effect_before_is_not_corrected() -> None:
    assert not is_correctable(replace(refused(), sends=2))


def test_a_correction_has_one_id_and_the_next_one_another() -> None:
    assert [correction_id("V1"), correction_id("V1+1"), correction_id("V1+9")] == ["V1+1", "V1+2", "V1+10"]


def test_encrypted_fields_are_kept_for_fifteen_minutes() -> None:
    operation = retain_typed(refused(), NOW)
    end = NOW + policies.REFUSED_INPUT_SECONDS

    before, own = retained_fields(operation, end - 1)

    assert (before, own.operation_id, own.names) == (WANTED.retained[0], operation.id, ("broker_tin",))
    assert retained_fields(operation, end) == ()
    assert operation.due == end


def test_nothing_is_kept_of_a_request_without_sensitive_fields_or_that_cannot_be_corrected() -> None:
    plain = replace(refused(), input=WANTED.without_sensitive())
    assert retain_typed(plain, NOW).due is None
    assert retain_typed(refused(status=403), NOW).due is None


def test_dropped_fields_are_gone() -> None:
    dropped = drop_typed(retain_typed(refused(), NOW))

    assert (dropped.due, dropped.encrypted, dropped.input) == (None, None, WANTED.without_sensitive())
    assert retained_fields(dropped, NOW) == ()


def test_a_name_that_is_typed_again_is_no_longer_used() -> None:
    both = RetainedFields("V0", "encrypted", ("federal_ein", "broker_tin"))

    assert without_names([both], {"broker_tin"}) == (replace(both, names=("federal_ein",)),)
    assert without_names([both], {"broker_tin", "federal_ein"}) == ()


@pytest.mark.parametrize(
    ("message", "by_field", "other"),
    [
        ("carrier_group_id: not its format", {"carrier_group_id": ("not its format",)}, ()),
        ("group_data.group_name: missing", {"group_name": ("missing",)}, ()),
        ("group_data: broker_tin: too short", {"broker_tin": ("too short",)}, ()),
        ("The broker_federal_ein is unknown", {"broker_federal_ein": ("The broker_federal_ein is unknown",)}, ()),
        (
            "federal_ein: wrong; carrier_id: inactive; Try later",
            {"federal_ein": ("wrong",), "carrier_id": ("inactive",)},
            ("Try later",),
        ),
        ("Either federal_ein or broker_tin", {}, ("Either federal_ein or broker_tin",)),
        ("", {}, ()),
    ],
)
def test_noyos_words_belong_to_the_field_that_they_name(
    message: str, by_field: dict[str, tuple[str, ...]], other: tuple[str, ...]
) -> None:
    found = field_messages(refused(message))

    assert (found.by_field, found.other) == (by_field, other)


def test_a_duplicate_is_about_the_carrier_group_id() -> None:
    found = field_messages(refused("exists", status=409, kind=OutcomeKind.DUPLICATE))

    assert list(found.by_field) == ["carrier_group_id"]
