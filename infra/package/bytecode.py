"""infra/package: writes bytecode for every module below a folder, in one order; run by the target's own Python, alone.

Unchecked-hash: what deploys it dates every file anew, and Python throws bytecode away whose date is not its source's.
"""

import py_compile
import sys
from pathlib import Path


def compile_all(folder: Path) -> int:
    """How many modules. Names inside are relative, so that two folders give the same bytes."""
    sources = sorted(folder.rglob("*.py"))
    for source in sources:
        py_compile.compile(
            str(source),
            dfile=source.relative_to(folder).as_posix(),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    return len(sources)


if __name__ == "__main__":
    compile_all(Path(sys.argv[1]))
