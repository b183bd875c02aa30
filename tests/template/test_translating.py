"""The template is translated and linted as it is deployed; what a linter alone passes over stops the translation."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.table import TEMPLATE
from tests.template.stack import Stack, translate

pytestmark = pytest.mark.template


@pytest.mark.timeout(300)
def test_the_linter_finds_nothing_in_the_template_nor_in_its_translation(tmp_path: Path) -> None:
    made = translate(to=tmp_path / "template.json", lint=True)

    assert made.problems == ""
    assert made.stack is not None


FAULTS = {
    "a reference to nothing in a role": ("!GetAtt SlackLog.Arn", "!GetAtt SlackLogs.Arn", "SlackLogs"),
    "a misspelt property of a schedule": ("OmitName: true", "OmitNames: true", "OmitNames"),
    "a retention that CloudWatch does not know": ("Default: 30\n", "Default: 31\n", "AllowedValues"),
    "a function that nobody defined": (
        "!Sub ${Table.Arn}/index/due",
        "!Sub ${Tables.Arn}/index/due",
        "Tables",
    ),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("there", "planted", "told"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_planted_in_the_source_is_told(there: str, planted: str, told: str, tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    assert there in text
    faulty = tmp_path / "template.yaml"
    faulty.write_text(text.replace(there, planted, 1), encoding="utf-8")

    made = translate(faulty, to=tmp_path / "template.json", lint=True)

    assert made.stack is None
    assert told in made.problems


def test_a_changed_setting_runs_once_it_is_deployed_under_another_release(
    stack: Stack, tmp_path: Path
) -> None:
    """SAM hashes a reference to a parameter, whatever its value: without Release nothing new would be published."""
    again = translate(to=tmp_path / "again.json", Release="fedcba9876543210", Approvers="U0ANA")
    only = translate(to=tmp_path / "only.json", Release="0123456789abcdef", Approvers="U0ANA")
    assert again.stack is not None
    assert only.stack is not None

    versions = {stack.version_of(function) for function in stack.functions}
    assert versions.isdisjoint({again.stack.version_of(function) for function in again.stack.functions})
    assert versions == {only.stack.version_of(function) for function in only.stack.functions}
