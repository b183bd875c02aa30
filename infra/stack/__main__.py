"""Checks and documents the permissions in template.yaml.

python -m infra.stack calls FILE   fails if a role has a permission that no test used
python -m infra.stack table        updates the table of permissions in docs/permissions.md
"""

import re
import sys
from pathlib import Path

from infra.stack.permissions import allowed, read_calls, unused_permissions
from infra.stack.table import table

PAGE = Path(__file__).parents[2] / "docs/permissions.md"
TABLE = re.compile(r"(?m)(^\|.*\n)+")


def main(arguments: list[str]) -> int:
    match arguments:
        case ["calls", path]:
            return _report(unused_permissions(read_calls(Path(path))))
        case ["table"]:
            PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
            return 0
    print(__doc__, file=sys.stderr)
    return 2


def with_table(page: str) -> str:
    """The page with its first table replaced by the current one."""
    return TABLE.sub(lambda _: table(allowed()), page, count=1)


def _report(unused: list[str]) -> int:
    for line in unused:
        print(line)
    print(f"unused permissions: {len(unused)}")
    return 1 if unused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
