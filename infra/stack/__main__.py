"""infra/stack: how it is asked.

python -m infra.stack calls FILE   fails where a role allows what the whole test run never did
python -m infra.stack table        writes what the roles allow into docs/permissions.md
"""

import re
import sys
from pathlib import Path

from infra.stack.permissions import allowed, never_called, read_calls
from infra.stack.table import table

PAGE = Path(__file__).parents[2] / "docs/permissions.md"
TABLE = re.compile(r"(?m)(^\|.*\n)+")


def main(arguments: list[str]) -> int:
    match arguments:
        case ["calls", path]:
            return _report(never_called(read_calls(Path(path))))
        case ["table"]:
            PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
            return 0
    print(__doc__, file=sys.stderr)
    return 2


def with_table(page: str) -> str:
    """The page with its first table as the template has it now."""
    return TABLE.sub(lambda _: table(allowed()), page, count=1)


def _report(idle: list[str]) -> int:
    for line in idle:
        print(line)
    print(
        f"{len(idle)} permissions that nobody uses" if idle else "every role allows what is done, and no more"
    )
    return 1 if idle else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
