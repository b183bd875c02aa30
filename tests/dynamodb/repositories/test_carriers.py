"""The stored carriers file, on a real table."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.carriers import MAX_BYTES
from bot.domain.carriers_file import MAX_PROBLEM, CarriersFile, CarriersProblem
from bot.dynamodb import Repositories
from bot.dynamodb.repositories.admin import DynamoCarriersRepository
from tests.dynamodb.builders import NOW
from tests.dynamodb.conftest import Engine

FILE = CarriersFile('{"id":"Guardian"}', '"etag"', NOW, CarriersProblem("line 1: no", NOW + 60, unreadable=True))


def test_without_a_file_there_is_none(store: Repositories) -> None:
    assert store.carriers.file() is None


def test_the_saved_file_is_read_back(store: Repositories, engine: Engine) -> None:
    assert isinstance(store.carriers, DynamoCarriersRepository)
    assert store.carriers.save(CarriersFile(), FILE)

    assert store.carriers.file() == replace(FILE, revision=1)
    assert engine.item("CARRIERS#all", "CARRIERS") is not None


def test_a_file_is_saved_only_over_the_one_that_was_read(store: Repositories) -> None:
    store.carriers.save(CarriersFile(), FILE)

    assert not store.carriers.save(CarriersFile(), replace(FILE, text="{}"))
    assert store.carriers.save(replace(FILE, revision=1), replace(FILE, text="{}"))
    assert store.carriers.file() == replace(FILE, text="{}", revision=2)


def test_the_largest_file_fits_with_its_problem(store: Repositories) -> None:
    largest = replace(FILE, text="x" * MAX_BYTES, problem=CarriersProblem("🏥" * MAX_PROBLEM, NOW))

    assert store.carriers.save(CarriersFile(), largest)
    assert store.carriers.file() == replace(largest, revision=1)
