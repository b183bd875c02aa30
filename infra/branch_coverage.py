"""Fails where too few of the branches were taken; pytest-cov's own limit mixes branches with lines."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path


def branch_coverage(report: Path) -> float:
    """Per cent of the branches in coverage's JSON report that were taken."""
    totals = json.loads(report.read_text())["totals"]
    if not totals["num_branches"]:
        raise ValueError(f"{report} saw no branch: was it measured with branches?")
    return float(100 * totals["covered_branches"] / totals["num_branches"])


def main(arguments: Sequence[str]) -> int:
    report, least = Path(arguments[0]), float(arguments[1])
    reached = branch_coverage(report)
    print(f"branches taken: {reached:.2f} % (at least {least:g} % wanted)")
    return 0 if reached >= least else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
