"""The counts that the guide's costs are reckoned from are still what is counted."""

from dataclasses import asdict
from pathlib import Path

import pytest

from infra.cost.counts import Counts, read_measured, write_measured
from tests.infra.cost.measuring import measure

STRAY = 0.4
"""By so much the counts may move before the costs say something that is not so."""


@pytest.mark.package
@pytest.mark.timeout(300)
def test_what_was_counted_is_what_is_counted_now() -> None:
    """After a change: `.venv/bin/python -m tests.infra.cost.measuring`, then `-m infra.cost`."""
    counted, written = measure(), read_measured()

    assert counted.keys() == written.keys()
    strayed = {
        (name, what): (was, now)
        for name, counts in counted.items()
        for what, now in asdict(counts).items()
        if abs(now - (was := getattr(written[name], what))) > max(2, STRAY * max(was, now))
        and not what.endswith("bytes")
    }
    assert strayed == {}


def test_counts_are_kept_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    write_measured({"minute": Counts(invocations=3, read_units=1.5)}, path)

    assert read_measured(path) == {"minute": Counts(invocations=3, read_units=1.5)}
