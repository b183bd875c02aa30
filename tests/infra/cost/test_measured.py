"""The stored counts, from which the costs are calculated, match a new measurement."""

from dataclasses import asdict
from pathlib import Path

import pytest

from infra.cost.counts import Counts, read_measured, write_measured
from tests.infra.cost.measuring import measure

TOLERANCE = 0.4
"""Relative change of a count above which the costs must be updated."""


@pytest.mark.package
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("restored_logging")
def test_the_stored_counts_match_a_new_measurement() -> None:
    """To update: `.venv/bin/python -m tests.infra.cost.measuring`, then `.venv/bin/python -m infra.cost`."""
    measured, stored = measure(), read_measured()

    assert measured.keys() == stored.keys()
    differences = {
        (name, field): (before, now)
        for name, counts in measured.items()
        for field, now in asdict(counts).items()
        if abs(now - (before := getattr(stored[name], field))) > max(2, TOLERANCE * max(before, now))
        and not field.endswith("bytes")
    }
    assert differences == {}


def test_counts_are_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    write_measured({"minute": Counts(invocations=3, read_units=1.5)}, path)

    assert read_measured(path) == {"minute": Counts(invocations=3, read_units=1.5)}
