"""Builds a package: installs the locked releases, removes unused files, adds our code, compiles, and sets dates."""

import os
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

from infra.package.packages import SOURCE_SUFFIXES, SOURCES, Package, is_included
from infra.package.targets import Target

ROOT = Path(__file__).resolve().parents[2]
DATE = 315_619_200
"""2 January 1980: the earliest date that a zip file can store in every time zone."""
_REMOVED = ("VIRTUAL_ENV", "UV_PROJECT", "PYTHON")
"""Prefixes of variables that would point uv or Python to another environment."""


class BuildFailed(Exception):
    """The message says what failed."""


def build(package: Package, target: Target, folder: Path, *, compiler: Path | None, root: Path = ROOT) -> Path:
    """Replaces `folder`. `compiler` is a Python of the target's minor version; None builds without bytecode."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _run(install_command(package, target, folder, root))
    _remove_unused(folder, package)
    _add_sources(root, folder)
    if compiler:
        script = Path(__file__).with_name("bytecode.py")
        _run([str(compiler), "-S", "-W", "ignore", str(script), str(folder)])
    _set_dates(folder)
    return folder


def install_command(package: Package, target: Target, folder: Path, root: Path = ROOT) -> list[str]:
    """Installs only wheels, and only those whose hash is in the lock file."""
    target_options = ["--python", sys.executable]
    if target.platform:
        target_options += ["--python-platform", target.platform, "--python-version", target.python]
    return [
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--link-mode", "copy"),
        *target_options,
        *("--only-binary", ":all:", "--require-hashes", "--no-deps", "--no-compile"),
        *("--target", str(folder), "--requirement", str(root / "requirements" / package.requirements)),
    ]


def _run(command: list[str]) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_REMOVED)}
    # With a fixed hash seed, sets have the same order in every run.
    variables = inherited | {"PYTHONHASHSEED": "0"}
    process = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if process.returncode:
        raise BuildFailed(
            f"{' '.join(command[:5])} … failed ({process.returncode}):\n{process.stderr or process.stdout}"
        )


def _remove_unused(folder: Path, package: Package) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif not is_included(PurePosixPath(path.relative_to(folder)), package.aws):
            path.unlink()


def _add_sources(root: Path, folder: Path) -> None:
    for name in SOURCES:
        for path in sorted((root / name).rglob("*")):
            if path.suffix in SOURCE_SUFFIXES and "__pycache__" not in path.parts:
                to = folder / path.relative_to(root)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)


def _set_dates(folder: Path) -> None:
    """Gives all files the same date and permissions, so that builds are reproducible."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (DATE, DATE))
