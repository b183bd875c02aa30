"""Fails below a minimum of branch coverage; pytest-cov's own limit combines branches and lines."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path


def branch_coverage(report: Path) -> float:
    """Branch coverage in per cent, from coverage's JSON report."""
    totals = json.loads(report.read_text())["totals"]
    if not totals["num_branches"]:
        raise ValueError(f"{report} contains no branches: was branch coverage on?")
    return float(100 * totals["covered_branches"] / totals["num_branches"])


def main(arguments: Sequence[str]) -> int:
    report, minimum = Path(arguments[0]), float(arguments[1])
    coverage = branch_coverage(report)
    print(f"branch coverage: {coverage:.2f} % (minimum {minimum:g} %)")
    return 0 if coverage >= minimum else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
