"""Finds a Python of the target's minor version, which compiles the bytecode.

`python -m infra.package.interpreters` prints its path, or explains how to install one.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.package.targets import LAMBDA, Target

_PRINT_MAGIC = "import importlib.util; print(int.from_bytes(importlib.util.MAGIC_NUMBER[:2], 'little'))"


class NoInterpreter(Exception):
    """The message says how to get an interpreter."""


def find_interpreter(target: Target, named: str = "", environ: Mapping[str, str] = os.environ) -> Path:
    """`named`, if given, is the only candidate. Raises NoInterpreter."""
    if named:
        if _magic(named) == target.magic:
            return Path(named)
        raise NoInterpreter(f"TARGET_PYTHON={named} is not a working Python {target.python}.")
    for candidate in _candidates(target, environ):
        if _magic(str(candidate)) == target.magic:
            return candidate
    raise NoInterpreter(
        f"No Python {target.python} found, which is needed to compile bytecode for Lambda. Install one "
        f"(.venv/bin/uv python install {target.python}), or name it: make build TARGET_PYTHON=/path/to/python. "
        "BYTECODE=no builds without bytecode, which makes each cold start slower."
    )


def _candidates(target: Target, environ: Mapping[str, str]) -> Iterator[Path]:
    """The running interpreter, then those on the PATH, of uv and of pyenv. A shim of pyenv on the PATH may not work."""
    yield Path(sys.executable)
    name = f"python{target.python}"
    for folder in environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(name, path=folder) if folder else None
        if found:
            yield Path(found)
    home = Path(environ.get("HOME", ""))
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    uvs = Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python")
    pyenvs = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    yield from sorted(uvs.glob(f"cpython-{target.python}*/bin/{name}"))
    yield from sorted(pyenvs.glob(f"{target.python}*/bin/{name}"))


def _magic(command: str) -> int | None:
    try:
        process = subprocess.run(
            [command, "-I", "-c", _PRINT_MAGIC], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return int(process.stdout) if process.stdout.strip().isdigit() else None


if __name__ == "__main__":
    try:
        print(find_interpreter(LAMBDA))
    except NoInterpreter as error:
        sys.exit(str(error))
