"""`python -m infra.cost` updates the table of costs in docs/deploy.md, between its two markers."""

import sys
from pathlib import Path

from infra.cost.counts import read_measured
from infra.cost.month import bill
from infra.cost.stack import read_stack
from infra.local.aws.table import read_template
from infra.package.recipe import ROOT

SIZES = (500, 5_000, 50_000)
GUIDE = ROOT / "docs/deploy.md"
BEGIN, END = "<!-- costs: python -m infra.cost -->\n", "<!-- /costs -->\n"


def table() -> str:
    measured, stack = read_measured(), read_stack(read_template())
    bills = [bill(size, measured, stack) for size in SIZES]
    head = "| a month, in US dollars | " + " | ".join(f"{size:,} connections" for size in SIZES) + " |\n"
    rule = "|---|" + "---:|" * len(SIZES) + "\n"
    rows = (f"| {line} | " + " | ".join(_dollars(amounts[line]) for amounts in bills) + " |\n" for line in bills[0])
    total = "| **total** | " + " | ".join(f"**{sum(amounts.values()):,.2f}**" for amounts in bills) + " |\n"
    return head + rule + "".join(rows) + total


def _dollars(amount: float) -> str:
    return "0" if amount == 0 else "under 0.01" if amount < 0.005 else f"{amount:,.2f}"


def with_table(text: str) -> str:
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


def main(guide: Path = GUIDE) -> int:
    guide.write_text(with_table(guide.read_text("utf-8")), "utf-8")
    print(table(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
