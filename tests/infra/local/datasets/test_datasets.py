"""The numbers, statuses and names of the data sets."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from infra.local import environment
from infra.local.datasets import DATASETS, LARGE, SMALL, Dataset
from infra.local.datasets.dataset import utc_date
from infra.local.noyo.rules import CONNECTION_STATUSES

NOW = 1_795_000_000


@pytest.fixture(scope="module")
def connections() -> list[dict[str, Any]]:
    return list(LARGE.connections(NOW))


each_data_set = pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)


@pytest.mark.parametrize(
    ("dataset", "sizes"), [(SMALL, (70, 3, 200, 12, 4)), (LARGE, (3000, 40, 9000, 60, 20))], ids=["small", "large"]
)
def test_each_data_set_has_its_numbers_of_records(dataset: Dataset, sizes: tuple[int, ...]) -> None:
    connections, requests = list(dataset.connections(NOW)), list(dataset.requests(NOW))
    groups = {row["group_id"] for row in connections}
    waiting = [row for row in requests if row["status"] == "needs_review"]

    assert (len(groups), len(dataset.carriers), len(connections), len(requests), len(waiting)) == sizes
    assert {row["carrier_id"] for row in connections} == set(dataset.carriers)
    assert {row["group_id"] for row in requests} <= groups


@each_data_set
def test_several_connections_have_each_status_of_noyo_and_most_are_completed(dataset: Dataset) -> None:
    connections = list(dataset.connections(NOW))
    numbers = Counter(row["status"] for row in connections)

    assert set(numbers) == CONNECTION_STATUSES
    assert min(numbers.values()) >= 5
    assert 0.6 < numbers["completed"] / len(connections) < 0.7
    assert all(bool(row["setup_result"]) == (row["status"] in _WITH_MESSAGE) for row in connections)


def test_no_group_is_connected_twice_to_one_carrier(connections: list[dict[str, Any]]) -> None:
    assert len({(row["group_id"], row["carrier_id"]) for row in connections}) == len(connections)


def test_names_are_distinct(connections: list[dict[str, Any]]) -> None:
    names = {row["group_id"]: row["group_name"] for row in connections}

    assert len(set(names.values())) == 3000
    assert len(set(LARGE.carriers.values())) == 40
    assert not set(LARGE.carriers.values()) & set(environment.CARRIERS.values())


def test_names_have_what_real_names_have(connections: list[dict[str, Any]]) -> None:
    names = {row["group_name"] for row in connections}

    for character in ("é", "ü", "'", "&", "#", "/", ",", "4"):
        assert sum(character in name for name in names) > 10, character
    assert max(map(len, names)) == 100
    assert {"Hansen Accounting Inc", "Hanson Accounting, LLC"} <= names


@each_data_set
def test_requests_are_for_completed_connections_and_end_in_the_next_months(dataset: Dataset) -> None:
    connections, requests = list(dataset.connections(NOW)), list(dataset.requests(NOW))
    completed = {(row["group_id"], row["carrier_id"]) for row in connections if row["status"] == "completed"}
    last_days = [date.fromisoformat(row["effective_end_date"]) for row in requests]

    assert {(row["group_id"], row["carrier_id"]) for row in requests} <= completed
    assert min(last_days) > utc_date(NOW)
    assert max(last_days) - min(last_days) > timedelta(days=20)


_WITH_MESSAGE = ("unable_to_connect", "action_required")
