"""infra/package: a Python of the target's minor version, which alone can write its bytecode.

`python -m infra.package.interpreters` prints where one is, or says how to get one.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.package.targets import LAMBDA, Target

_ASKED = "import importlib.util; print(int.from_bytes(importlib.util.MAGIC_NUMBER[:2], 'little'))"


class NoInterpreter(Exception):
    """Says what to do."""


def find_interpreter(target: Target, named: str = "", environ: Mapping[str, str] = os.environ) -> Path:
    """`named` is what somebody asked for, and then no other is looked for. Raises NoInterpreter."""
    if named:
        if _magic(named) == target.magic:
            return Path(named)
        raise NoInterpreter(f"TARGET_PYTHON={named} is no Python {target.python} that runs here.")
    for candidate in _candidates(target, environ):
        if _magic(str(candidate)) == target.magic:
            return candidate
    raise NoInterpreter(
        f"No Python {target.python} here, and only one can write bytecode for Lambda. Install one "
        f"(.venv/bin/uv python install {target.python}), or name it: make build TARGET_PYTHON=/path/to/python. "
        "BYTECODE=no builds without: each cold start then compiles everything anew and takes about twice as long."
    )


def _candidates(target: Target, environ: Mapping[str, str]) -> Iterator[Path]:
    """This one, those on the path, uv's own, pyenv's: a shim of pyenv's may be on the path and not run."""
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
        done = subprocess.run(
            [command, "-I", "-c", _ASKED], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return int(done.stdout) if done.stdout.strip().isdigit() else None


if __name__ == "__main__":
    try:
        print(find_interpreter(LAMBDA))
    except NoInterpreter as none:
        sys.exit(str(none))
