from typing import Any

import pytest

from infra.local.aws.event_filters import matches, validate_pattern
from tests.infra.local.records import record

INSERTED_OPERATION = {
    "eventName": ["INSERT"],
    "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "OPERATION#"}, {"prefix": "OUTBOX#"}]}}},
}


@pytest.mark.parametrize(
    ("pk", "event", "matching"),
    [
        ("OPERATION#1", "INSERT", True),
        ("OUTBOX#1", "INSERT", True),
        ("OPERATION#1", "MODIFY", False),
        ("OPERATION#1", "REMOVE", False),
        ("AUDIT#OPERATION#1", "INSERT", False),
        ("operation#1", "INSERT", False),
    ],
)
def test_a_record_matches_if_each_name_has_one_of_its_alternatives(pk: str, event: str, matching: bool) -> None:
    assert matches(INSERTED_OPERATION, record(1, pk, event)) is matching


def test_a_missing_name_does_not_match() -> None:
    assert not matches({"dynamodb": {"NewImage": {"pk": {"S": ["a"]}}}}, record(1))
    assert not matches({"eventName": {"S": ["INSERT"]}}, record(1))


@pytest.mark.parametrize(
    ("alternative", "value", "matching"),
    [("1", "1", True), ("1", 1, False), (1, 1, True), (True, 1, False), (None, None, True), ("a", "ab", False)],
)
def test_a_value_matches_only_itself(alternative: Any, value: Any, matching: bool) -> None:
    assert matches({"is": [alternative]}, {"is": value}) is matching


def test_a_prefix_matches_text_only() -> None:
    assert not matches({"is": [{"prefix": "1"}]}, {"is": 12})


@pytest.mark.parametrize(
    "pattern",
    [
        {"pk": [{"suffix": "x"}]},
        {"pk": [{"prefix": "a", "suffix": "x"}]},
        {"pk": [{"prefix": 1}]},
        {"pk": [{"exists": True}]},
        {"pk": "INSERT"},
        {"pk": []},
        {"a": {"b": [{"anything-but": ["c"]}]}},
    ],
    ids=str,
)
def test_an_unsupported_comparison_raises(pattern: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        validate_pattern(pattern)
