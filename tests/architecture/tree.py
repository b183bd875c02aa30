"""The files of the repository."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def modules(*tops: str) -> dict[str, Path]:
    """The files of all modules in these top-level packages, by dotted name."""
    return {dotted(path): path for top in tops for path in sorted((ROOT / top).rglob("*.py"))}


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def committed_files() -> list[Path]:
    """All files that git tracks; in a copy without git, all files outside of generated folders."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
        return [path for path in paths if path.is_file()]
    generated = {".venv", ".cache", "__pycache__", "build"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not generated & set(path.parts)]
