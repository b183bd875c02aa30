"""The template is translated like at a deployment and linted; the translation finds errors that the linter misses."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.aws.table import TEMPLATE
from tests.template.stack import Stack, translate

pytestmark = pytest.mark.template


@pytest.mark.timeout(300)
def test_the_linter_accepts_the_template_and_its_translation(tmp_path: Path) -> None:
    translation = translate(to=tmp_path / "template.json", lint=True)

    assert translation.problems == ""
    assert translation.stack is not None


FAULTS = {
    "a reference to a missing resource": ("!GetAtt SlackLog.Arn", "!GetAtt SlackLogs.Arn", "SlackLogs"),
    "an unknown property of a schedule": ("OmitName: true", "OmitNames: true", "OmitNames"),
    "an invalid retention": ("Default: 30\n", "Default: 31\n", "AllowedValues"),
    "a substitution of a missing resource": ("!Sub ${Table.Arn}/index/due", "!Sub ${Tables.Arn}/index/due", "Tables"),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("text", "replacement", "problem"), FAULTS.values(), ids=list(FAULTS))
def test_an_error_in_the_source_is_found(text: str, replacement: str, problem: str, tmp_path: Path) -> None:
    source = TEMPLATE.read_text(encoding="utf-8")
    assert text in source
    faulty = tmp_path / "template.yaml"
    faulty.write_text(source.replace(text, replacement, 1), encoding="utf-8")

    translation = translate(faulty, to=tmp_path / "template.json", lint=True)

    assert translation.stack is None
    assert problem in translation.problems


def test_a_changed_parameter_takes_effect_with_a_new_release(stack: Stack, tmp_path: Path) -> None:
    """SAM hashes references to parameters, not their values; without a new Release it publishes no version."""
    again = translate(to=tmp_path / "again.json", Release="fedcba9876543210", Approvers="U0ANA")
    only = translate(to=tmp_path / "only.json", Release="0123456789abcdef", Approvers="U0ANA")
    assert again.stack is not None
    assert only.stack is not None

    versions = {stack.version_of(function) for function in stack.functions}
    assert versions.isdisjoint({again.stack.version_of(function) for function in again.stack.functions})
    assert versions == {only.stack.version_of(function) for function in only.stack.functions}
