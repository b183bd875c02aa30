"""infra/package: how a package comes about: install what is locked, leave out, add ours, compile, date."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from infra.package.packages import CARRIERS, OUR_FILES, OURS, Package, ships
from infra.package.targets import Target

ROOT = Path(__file__).resolve().parents[2]
DATE = 315_619_200
"""2 January 1980: the oldest day that every zip can hold, wherever its clock stands."""
_OTHERS = ("VIRTUAL_ENV", "UV_PROJECT", "PYTHON")
"""How variables begin that would point uv at another project, or make a Python another one."""


class BuildFailed(Exception):
    """Says what did not work."""


def build(
    package: Package,
    target: Target,
    folder: Path,
    *,
    compiler: Path | None,
    carriers: Mapping[str, str] | None = None,
    root: Path = ROOT,
) -> Path:
    """Makes `folder` anew and fills it. `compiler` is a Python of the target's minor version; None for no bytecode."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _run(install_command(package, target, folder, root))
    _leave_out(folder, package)
    _add_ours(root, folder)
    if carriers:
        (folder / CARRIERS).write_text(json.dumps(dict(carriers), indent=2, sort_keys=True) + "\n", "utf-8")
    if compiler:
        script = Path(__file__).with_name("bytecode.py")
        _run([str(compiler), "-S", "-W", "ignore", str(script), str(folder)])
    _date(folder)
    return folder


def install_command(package: Package, target: Target, folder: Path, root: Path = ROOT) -> list[str]:
    """Wheels only, and only such as the lock file has a hash of."""
    built_for = ["--python", sys.executable]
    if target.platform:
        built_for += ["--python-platform", target.platform, "--python-version", target.python]
    return [
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--link-mode", "copy"),
        *built_for,
        *("--only-binary", ":all:", "--require-hashes", "--no-deps", "--no-compile"),
        *("--target", str(folder), "--requirement", str(root / "requirements" / package.requirements)),
    ]


def _run(command: list[str]) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    # What is hashed, such as the members of a set, then has the same order in every run.
    variables = kept | {"PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(
            f"{' '.join(command[:5])} … failed ({done.returncode}):\n{done.stderr or done.stdout}"
        )


def _leave_out(folder: Path, package: Package) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif not ships(PurePosixPath(path.relative_to(folder)), package.aws):
            path.unlink()


def _add_ours(root: Path, folder: Path) -> None:
    for name in OURS:
        for path in sorted((root / name).rglob("*")):
            if path.suffix in OUR_FILES and "__pycache__" not in path.parts:
                to = folder / path.relative_to(root)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)


def _date(folder: Path) -> None:
    """One date and one set of rights for all: neither says when or by whom it was built."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (DATE, DATE))
