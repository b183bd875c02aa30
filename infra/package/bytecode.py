"""Compiles all modules below a folder in a fixed order. Run it as a script, with the target's Python.

The bytecode is "unchecked hash": a deployment changes the dates of files, and Python would ignore bytecode whose date
differs from the date of its source.
"""

import py_compile
import sys
from pathlib import Path


def compile_all(folder: Path) -> int:
    """Returns the number of modules. Names in the bytecode are relative, so that it is the same in every folder."""
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
