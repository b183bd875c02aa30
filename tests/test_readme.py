"""The README agrees with the settings and commands in the code."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import PARTS, Purpose, read_settings
from bot.slack.commands import COMMANDS
from infra.local.aws.table import read_template

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([A-Z_]+)` \|([^|]+)\|([^|]*)\|([^|]*)\|$", re.MULTILINE)


class RecordingEnvironment(Mapping[str, str]):
    """An empty environment that records which variables are read."""

    def __init__(self) -> None:
        self.names_read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names_read.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_the_table_of_settings_lists_exactly_the_variables_that_are_read() -> None:
    environment = RecordingEnvironment()
    with pytest.raises(SettingsError):
        read_settings(environment)
    assert {row[0] for row in ROW.findall(README)} == environment.names_read


def test_the_table_says_which_settings_are_required() -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({})
    missing = set(re.findall(r"([A-Z_]+) is missing", str(raised.value)))
    assert {name for name, _, _, required in ROW.findall(README) if required.strip() == "yes"} == missing


NOT_IN_TEMPLATE = {"AWS_REGION", "AWS_ENDPOINT_URL", "CARRIERS_FILE"}
"""Lambda sets the region; the endpoint URL is for local use only; the carriers file is in a bucket of the stack."""


def test_every_setting_is_a_parameter_of_the_template_with_the_same_default() -> None:
    template = read_template()
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    parameters = template["Parameters"]
    plain = {variable for parts in PARTS.values() for variable in parts.values()}
    for name, _, default, _ in ROW.findall(README):
        if name in NOT_IN_TEMPLATE | plain | set(Purpose):
            continue
        assert name in variables, f"template.yaml does not set {name}"
        if name in ("TABLE_NAME", "KMS_KEY_ID"):
            continue
        parameter = name.title().replace("_", "")
        assert variables[name] == {"Ref": parameter}
        if documented := re.fullmatch(r"`([^`A-Z]+|[A-Z][a-z]+/\w+)`", default.strip()):
            assert str(parameters[parameter]["Default"]) == documented[1]
        assert ("Default" in parameters[parameter]) == (default.strip() != ""), name


def test_every_command_is_in_the_readme_with_its_usage() -> None:
    for command in COMMANDS.values():
        assert f"`/noyo {command.usage}`" in README


DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
PATH = re.compile(r"`((?:bot|handlers|infra|tests|docs)/[\w/.-]*)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    paths = PATH.findall(document.read_text(encoding="utf-8"))
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_table_of_changes_names_paths() -> None:
    assert len(PATH.findall((ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8"))) > 10
