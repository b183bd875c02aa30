import subprocess
import sys
from pathlib import Path

from infra.package.bytecode import compile_all
from infra.package.checks import digest
from infra.package.recipe import DATE, _date

SOURCE = "MEMBERS = frozenset({'a', 'b', 'c', 'd', 'e'})\n\n\ndef where():\n    raise ValueError\n"


def written(folder: Path) -> Path:
    for name in ("one.py", "room/__init__.py", "room/two.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SOURCE)
    assert compile_all(folder) == 3
    _date(folder)
    return folder


def test_two_folders_give_the_same_bytes(tmp_path: Path) -> None:
    assert digest(written(tmp_path / "here")) == digest(written(tmp_path / "elsewhere/deeper"))


def test_no_place_is_named_in_it(tmp_path: Path) -> None:
    folder = written(tmp_path / "here")

    assert not any(str(tmp_path).encode() in path.read_bytes() for path in folder.rglob("*.pyc"))


def test_python_takes_it_whatever_the_dates_are(tmp_path: Path) -> None:
    """Without it a module would be compiled anew in each process, since nobody can write beside it on Lambda."""
    folder = written(tmp_path / "here")
    assert (folder / "one.py").stat().st_mtime == DATE

    run = [sys.executable, "-S", "-v", "-c", "import one, room.two"]
    told = subprocess.run(
        run, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True
    ).stderr
    assert "one.cpython" in told
    assert [
        line
        for line in told.splitlines()
        if line.startswith("# code object from") and str(folder) in line and ".pyc" not in line
    ] == []
