"""The minimum of branch coverage: reached, missed, and without a measurement."""

import json
from pathlib import Path

import pytest

from infra.branch_coverage import main


def report(folder: Path, covered: int, of: int) -> str:
    path = folder / "coverage.json"
    path.write_text(json.dumps({"totals": {"covered_branches": covered, "num_branches": of}}))
    return str(path)


@pytest.mark.parametrize(("covered", "status"), [(95, 0), (94, 1), (100, 0)])
def test_the_run_fails_below_the_limit_only(tmp_path: Path, covered: int, status: int) -> None:
    assert main([report(tmp_path, covered, 100), "95"]) == status


def test_a_report_without_branches_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="contains no branches"):
        main([report(tmp_path, 0, 0), "95"])


def test_a_measurement_without_branches_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps({"totals": {"covered_lines": 10}}))

    with pytest.raises(KeyError, match="num_branches"):
        main([str(path), "95"])
