"""docs/coverage.md names existing tests, and leaves out nothing that our description of Noyo's API has."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.records import ConnectionStatus, DisconnectionStatus
from bot.domain.requests import DecisionReason, DisconnectionReason

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs/coverage.md").read_text(encoding="utf-8")
USUAL = "tests/scenarios/test_every_field.py"
DESCRIPTION: dict[str, Any] = yaml.safe_load((ROOT / "infra/contract/noyo-openapi.yaml").read_text("utf-8"))
SCHEMAS = DESCRIPTION["components"]["schemas"]
BY_VERSION = "{group_disconnection_request_id}/{version}"
CONNECTIONS, DISCONNECTIONS = "Group connections", "Group disconnection requests"


def section(*headings: str) -> str:
    """The text under the last of these headings, each below the one before."""
    text = DOCUMENT
    for level, heading in enumerate(headings, start=2):
        _, found, text = text.partition(f"\n{'#' * level} {heading}\n")
        assert found, heading
        text = re.split(rf"\n#{{2,{level}}} ", text)[0]
    return text


def rows(text: str) -> list[list[str]]:
    """The cells of each row of the tables, without heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[-1] not in ("test", "---")]


def named_in(text: str) -> set[str]:
    """What the first column names."""
    return {name for row in rows(text) for name in re.findall(r"`([\w.]+)`", row[0])}


def fields_of(schema: str) -> set[str]:
    properties = SCHEMAS[schema]["properties"]
    nested = {f"group_data.{name}" for name in properties.get("group_data", {}).get("properties", {})}
    return (properties.keys() - {"group_data"}) | nested


@cache
def functions_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_test_that_is_named_exists() -> None:
    named = re.findall(r"`((?:tests/[\w/]+\.py::)?test_\w+)`", DOCUMENT)
    assert len(named) > 60
    for name in named:
        path, _, function = name.rpartition("::")
        assert function in functions_in(path or USUAL), name


def test_each_row_names_a_test_or_says_that_nobody_sees_it() -> None:
    for row in rows(DOCUMENT):
        assert re.fullmatch(r"`(tests/[\w/]+\.py::)?test_\w+`", row[-1]) or row[1].startswith("nowhere:"), row


def test_no_field_is_left_out() -> None:
    connection = fields_of("connection") | {"setup_metadata"}  # Required by the document, which does not describe it.
    assert named_in(section(CONNECTIONS, "What Noyo shows")) == connection
    assert named_in(section(DISCONNECTIONS, "What Noyo shows")) == fields_of("disconnection")


def test_no_status_and_no_reason_is_left_out() -> None:
    reasons = {reason.value for reason in (*DisconnectionReason, *DecisionReason)}
    assert named_in(section(CONNECTIONS, "Statuses")) == {status.value for status in ConnectionStatus}
    assert named_in(section(DISCONNECTIONS, "Statuses")) == {status.value for status in DisconnectionStatus}
    assert named_in(section(DISCONNECTIONS, "Reasons")) == reasons


@pytest.mark.parametrize(
    ("heading", "call", "fields"),
    [
        (CONNECTIONS, "retry", DESCRIPTION["paths"]["/api/v1/group_connections/{connection_id}/retry"]),
        (DISCONNECTIONS, "create", {"post": DESCRIPTION["paths"]["/api/v1/group_disconnection_requests"]["post"]}),
        (DISCONNECTIONS, "edit", DESCRIPTION["paths"]["/api/v1/group_disconnection_requests/" + BY_VERSION]),
    ],
)
def test_no_field_that_people_can_send_is_left_out(heading: str, call: str, fields: dict[str, Any]) -> None:
    [operation] = [fields[method] for method in ("put", "post") if method in fields]
    sent = operation["requestBody"]["content"]["application/json"]["schema"]["properties"].keys()
    calls = [row[0] for row in rows(section(heading, "What people send")) if row[0].startswith(f"{call}:")]
    assert sent <= {name for first in calls for name in re.findall(r"`(\w+)`", first)}


@pytest.mark.parametrize("answer", ["403", "404", "409", "422"])
def test_no_refusal_is_left_out(answer: str) -> None:
    assert any(answer in row[0] for row in rows(section("Refusals")))
