"""Imports run inwards only, and each third party keeps to its room."""

import pytest

from tests.architecture import tree
from tests.architecture.imports import violations

MODULES = tree.modules("bot", "handlers")


def test_there_are_modules_to_judge() -> None:
    assert {"bot.domain", "bot.errors", "handlers"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    path = MODULES[module]

    assert violations(path.read_text(), module, is_package=path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        # outwards
        ("bot.domain.records", "from bot.usecases.ports.storage import Records"),
        ("bot.domain.records", "import bot.usecases.records.ingest"),
        ("bot.errors", "from bot.usecases.ports.storage import Records"),
        ("bot.errors", "from bot.settings import Settings"),
        ("bot.usecases.ports.storage", "from bot.usecases import observe"),
        ("bot.usecases.ports.storage", "from bot.dynamodb.table import Table"),
        ("bot.usecases.records.poll", "from bot.noyo.client import Noyo"),
        ("bot.usecases.records.poll", "from bot.settings import Settings"),
        ("bot.usecases.records.poll", "from bot import wiring"),
        ("bot.settings", "from bot.bootstrap import build"),
        ("bot.settings", "from bot.secrets import read"),
        ("bot.dynamodb.table", "from bot.bootstrap import build"),
        ("bot.slack.app", "import handlers.slack"),
        ("bot.bootstrap", "import handlers.slack"),
        # sideways
        ("bot.noyo.client", "from bot.dynamodb.table import Table"),
        ("bot.noyo.client", "from bot import slack"),
        ("bot.dynamodb.table", "import bot.noyo.client"),
        ("bot.dynamodb.table", "from bot.slack.views.cards import card"),
        ("bot.slack.app", "from bot.noyo import client"),
        ("bot.slack.app", "from bot.dynamodb import table"),
        # another room's third party
        ("bot.domain.records", "import pydantic"),
        ("bot.usecases.records.poll", "import httpx"),
        ("bot.usecases.ports.storage", "import boto3"),
        ("bot.settings", "import botocore.session"),
        ("bot.bootstrap", "import boto3"),
        ("bot.noyo.client", "import slack_sdk"),
        ("bot.noyo.client", "import botocore"),
        ("bot.dynamodb.table", "import pydantic"),
        ("bot.slack.app", "import httpx"),
        ("bot.slack.app", "from botocore.session import Session"),
        ("bot.slack.app", "from aws_lambda_powertools import Logger"),
        ("handlers.slack", "from slack_bolt import App"),
        ("handlers.poll", "import boto3"),
        # what never ships
        ("bot.dynamodb.table", "from infra.local import table"),
        ("handlers.poll", "import tests.conftest"),
        ("bot.bootstrap", "import moto"),
        # other ways to write it
        ("bot.domain.records", "from .. import ports"),
        ("bot.domain.records", "from ..store.table import Table"),
        ("bot.noyo.client", "def late():\n    from bot.dynamodb.table import Table"),
        ("bot.noyo.client", "import typing\nif typing.TYPE_CHECKING:\n    import bot.slack.app"),
        ("bot.domain.records", "import importlib\nimportlib.import_module('httpx')"),
        ("bot.domain.records", "__import__('bot.bootstrap')"),
        ("bot.bootstrap", "from importlib import import_module\ndef load(name):\n    import_module(name)"),
        ("bot.domain.records", "import json, httpx"),
        # a room nobody named, and a package that holds something
        ("bot.helpful", "import json"),
        ("bot", "from bot.bootstrap import build"),
    ],
)
def test_a_planted_breach_is_caught(module: str, source: str) -> None:
    assert violations(source, module)


def test_a_breach_by_relative_import_in_a_package_is_caught() -> None:
    assert violations("from ..slack import cards", "bot.dynamodb", is_package=False)
    assert violations("from ..slack import cards", "bot.dynamodb", is_package=True)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("bot.domain.records", "from dataclasses import dataclass\nfrom bot.errors import Refused"),
        ("bot.domain.records", "from .subjects import Subject"),
        (
            "bot.usecases.records.poll",
            "from bot.usecases.ports.storage import Records\nfrom bot.domain.records import Connection",
        ),
        ("bot.noyo.client", "import httpx\nimport pydantic\nfrom bot.domain.records import Connection"),
        ("bot.dynamodb.table", "from botocore.session import Session\nfrom bot.dynamodb import keys"),
        ("bot.slack.app", "from slack_bolt import App\nfrom bot.usecases import place"),
        ("bot.secrets", "import boto3"),
        (
            "bot.bootstrap",
            "from bot.noyo import client\nfrom bot.dynamodb import table\nfrom bot.slack import app",
        ),
        ("handlers.slack", "from aws_lambda_powertools import Logger\nfrom bot.bootstrap import receiver"),
    ],
)
def test_what_a_room_may_do_is_let_through(module: str, source: str) -> None:
    assert violations(source, module) == []


def test_a_breach_names_the_module_and_what_it_reached_for() -> None:
    assert violations("import httpx", "bot.slack.app") == [
        "bot.slack.app imports httpx: httpx does not live in bot.slack"
    ]
