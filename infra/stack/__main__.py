"""infra/stack: `python -m infra.stack CALLS`: fails where a role allows what the whole test run never did."""

import sys
from pathlib import Path

from infra.stack.permissions import never_called, read_calls


def main(arguments: list[str]) -> int:
    (path,) = arguments
    idle = never_called(read_calls(Path(path)))
    for line in idle:
        print(line)
    print(
        f"template.yaml: {len(idle)} permissions too many"
        if idle
        else "every role allows what is done, no more"
    )
    return 1 if idle else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
