import subprocess
import sys
from pathlib import Path

from infra.package.bytecode import compile_all
from infra.package.checks import digest
from infra.package.recipe import DATE, _set_dates

SOURCE = "MEMBERS = frozenset({'a', 'b', 'c', 'd', 'e'})\n\n\ndef where():\n    raise ValueError\n"


def compiled_folder(folder: Path) -> Path:
    for name in ("one.py", "package/__init__.py", "package/two.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SOURCE)
    assert compile_all(folder) == 3
    _set_dates(folder)
    return folder


def test_the_bytecode_is_the_same_in_every_folder(tmp_path: Path) -> None:
    assert digest(compiled_folder(tmp_path / "here")) == digest(compiled_folder(tmp_path / "elsewhere/deeper"))


def test_the_bytecode_contains_no_path(tmp_path: Path) -> None:
    folder = compiled_folder(tmp_path / "here")

    assert not any(str(tmp_path).encode() in path.read_bytes() for path in folder.rglob("*.pyc"))


def test_python_uses_the_bytecode_whatever_the_dates_are(tmp_path: Path) -> None:
    """Otherwise each process would compile all modules, because the file system of Lambda is read-only."""
    folder = compiled_folder(tmp_path / "here")
    assert (folder / "one.py").stat().st_mtime == DATE

    command = [sys.executable, "-S", "-v", "-c", "import one, package.two"]
    output = subprocess.run(command, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True).stderr
    assert "one.cpython" in output
    assert [
        line
        for line in output.splitlines()
        if line.startswith("# code object from") and str(folder) in line and ".pyc" not in line
    ] == []
