"""The project's description of Noyo's API agrees with the vendor's, except for what the overlay lists."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.records import ConnectionStatus, DataExchange, DisconnectionSource, DisconnectionStatus
from bot.domain.requests import DecisionReason, DisconnectionReason
from infra.contract.contract import DESCRIPTION, OVERLAY
from tests.contract.distil import Facts, Summarizer, differences

RECORDS = ("connection", "disconnection", "group", "eligibility", "meta")
DESCRIBED: dict[str, Facts] = yaml.safe_load((Path(__file__).parent / "described.yaml").read_text())
ENTRIES: list[dict[str, Any]] = yaml.safe_load(OVERLAY.read_text())
OURS: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text())


def our_facts() -> Facts:
    facts = Summarizer(OURS, {name: name for name in RECORDS}).facts()
    # The vendor has a separate schema for it; here it is an ordinary connection.
    return facts | {"record connection of an existing group": facts["record connection"]}


def overlay(source: str) -> set[tuple[str, str, str, str]]:
    return {
        (difference["what"], difference["part"], difference["described"], difference["ours"])
        for entry in ENTRIES
        if source in entry["against"]
        for difference in entry["differences"]
    }


@pytest.mark.parametrize("source", ["description", "guides"])
def test_every_difference_is_in_the_overlay_and_nothing_else_is(source: str) -> None:
    assert differences(DESCRIBED[source], our_facts()) == overlay(source)


def test_the_schemas_that_no_operation_refers_to_agree_as_well() -> None:
    found = differences(DESCRIBED["loose_schemas"], our_facts(), all_parts=False)

    assert found == overlay("loose_schemas")


def test_every_operation_of_ours_is_described_by_the_vendor() -> None:
    ours = {what for what in our_facts() if not what.startswith("record ")}

    assert ours == {what for what in DESCRIBED["description"] if not what.startswith("record ")}
    assert len(ours) == 14


def test_every_entry_of_the_overlay_has_its_reason() -> None:
    assert all(len(entry["reason"]) > 20 for entry in ENTRIES)


def test_the_newer_list_of_reasons_is_the_only_enumeration_that_differs() -> None:
    enumerated = {
        (what, part)
        for source in DESCRIBED
        for what, part, described, _ in differences(DESCRIBED[source], our_facts(), all_parts=False)
        if "|" in described
    }

    assert enumerated == {("POST /api/v1/group_disconnection_requests", "body reason")}


@pytest.mark.parametrize(
    ("schema", "domain_enum"),
    [
        ("connection_status", ConnectionStatus),
        ("disconnection_status", DisconnectionStatus),
        ("source_type", DisconnectionSource),
        ("data_exchange", DataExchange),
        ("disconnect_reason", DisconnectionReason),
        ("decision_reason", DecisionReason),
    ],
)
def test_the_domains_enums_have_the_values_of_the_contract(schema: str, domain_enum: type[Any]) -> None:
    assert set(OURS["components"]["schemas"][schema]["enum"]) == {word.value for word in domain_enum}


@pytest.mark.parametrize(
    ("where", "change"),
    [
        (["paths", "/api/v1/groups", "get", "parameters"], lambda given: given.pop(2)),
        (["paths", "/api/v1/group_connections", "post", "responses"], lambda given: given.pop("201")),
        (["components", "schemas", "decision_reason", "enum"], lambda given: given.append("new")),
        (["components", "schemas", "disconnection", "required"], lambda given: given.remove("status")),
        (["components", "schemas", "group", "properties"], lambda given: given.pop("dba_name")),
    ],
)
def test_a_changed_description_is_detected(where: list[str], change: Any) -> None:
    changed: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text())
    part = changed
    for name in where:
        part = part[name]
    change(part)

    found = differences(DESCRIBED["description"], Summarizer(changed, {name: name for name in RECORDS}).facts())

    assert found - overlay("description")
