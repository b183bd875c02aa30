"""Imports point inwards: the contracts in pyproject.toml are enforced, and cover everything that is imported."""

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import tree

PROJECT = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())
CONTRACTS = PROJECT["tool"]["importlinter"]["contracts"]
PROTECTED = {name for contract in CONTRACTS for name in contract.get("protected_modules", ())}
SOURCES = {name: path.read_text() for name, path in tree.modules("bot", "handlers").items()}

# A breach of each contract, by the file that it is appended to.
BREACHES = {
    "Imports point inwards, from the handlers to the domain": {
        "bot/domain/records.py": "from ..usecases.ports import storage",
        "bot/noyo/client.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import bot.dynamodb.table",
        "bot/slack/app.py": "def late():\n    from bot import bootstrap",
    },
    "Use cases depend on their ports, and the ports on nothing above the domain": {
        "bot/usecases/ports/storage.py": "from bot.usecases.records import ingest"
    },
    "Nothing imports a handler": {"bot/bootstrap.py": "import handlers.slack"},
    "What runs on Lambda imports neither infra nor tests": {"handlers/poll.py": "import tests.conftest"},
    "Only bot.noyo uses httpx and pydantic": {"bot/usecases/records/poll.py": "import httpx"},
    "Only bot.dynamodb and bot.secrets use the AWS SDK": {"bot/bootstrap.py": "import botocore.session"},
    "Only bot.slack uses Slack's libraries": {"handlers/slack.py": "from slack_bolt import App"},
    "Only bot.public_holidays uses holidays": {"bot/usecases/workers.py": "import holidays"},
    "Only the workers' part of bot.bootstrap knows public holidays": {
        "handlers/slack.py": "from bot.public_holidays import public_holidays"
    },
    "Only bot.logs and the handlers use Powertools": {"bot/noyo/auth.py": "import aws_lambda_powertools"},
}


def lint_imports(folder: Path) -> tuple[int, str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    linter = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return linter.returncode, linter.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(tree.ROOT / "pyproject.toml", tmp_path)
    for package in ("bot", "handlers"):
        shutil.copytree(tree.ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_each_contract_finds_a_planted_breach(copy: Path) -> None:
    for files in BREACHES.values():
        for name, line in files.items():
            with (copy / name).open("a") as file:
                file.write(f"\n{line}\n")

    code, output = lint_imports(copy)

    assert code == 1
    assert {name for name in BREACHES if f"{name} BROKEN" in output} == {contract["name"] for contract in CONTRACTS}
    for name in BREACHES["Imports point inwards, from the handlers to the domain"]:
        module = tree.dotted(tree.ROOT / name)
        assert f"- {module} ->" in output


def test_a_module_without_a_layer_is_found(copy: Path) -> None:
    (copy / "bot" / "helpful.py").touch()

    code, output = lint_imports(copy)

    assert code == 1
    assert "helpful" in output


def third_parties(source: str) -> set[str]:
    """The top-level packages of others that this source imports, in functions and for type checking too."""
    tops = {name.partition(".")[0] for name in imported(source)}
    return tops - sys.stdlib_module_names - {"bot", "handlers", "infra", "tests"}


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module


def imports_by_name(source: str) -> bool:
    """True where a module is imported by a call, which the contracts cannot see."""
    called = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return any(ast.unparse(function).endswith(("import_module", "__import__")) for function in called)


def test_each_third_party_has_a_contract_that_says_who_may_import_it() -> None:
    assert {name: third_parties(source) - PROTECTED for name, source in SOURCES.items()} == dict.fromkeys(
        SOURCES, set()
    )


def test_no_module_is_imported_by_a_call() -> None:
    assert [name for name, source in SOURCES.items() if imports_by_name(source)] == []


@pytest.mark.parametrize(
    "source", ["import json, httpx", "def late():\n    from httpx import Client", "import httpx._client"]
)
def test_a_third_party_is_found_wherever_it_is_imported(source: str) -> None:
    assert third_parties(source) == {"httpx"}


@pytest.mark.parametrize(
    "source",
    ["import importlib\nimportlib.import_module('httpx')", "import_module(name)", "__import__('bot.bootstrap')"],
)
def test_an_import_by_a_call_is_found(source: str) -> None:
    assert imports_by_name(source)
