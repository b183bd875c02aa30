"""Checks the files of a built package without running them."""

import _imp
import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from infra.package.packages import SOURCES, Package
from infra.package.recipe import ROOT
from infra.package.targets import Target

MEGABYTE = 1_000_000
UNCHECKED_HASH = 0b01
NEWEST_GLIBC = 34
"""Amazon Linux 2023 has glibc 2.34."""
_ELF = b"\x7fELF"
_SECRETS = re.compile(rb"xox[a-z]-\d{6,}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----")
_BUILD_ONLY = {"uv", "pip", "setuptools", "wheel", "pytest", "moto", "infra", "tests"}


def find_errors(
    folder: Path, package: Package, target: Target, *, bytecode: bool = True, root: Path = ROOT
) -> list[str]:
    """All errors as sentences; empty if the package can be deployed."""
    files = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if not path.is_dir()}
    errors = [
        *_size(files, package),
        *_contents(folder, package),
        *_locked(folder, root / "requirements" / package.requirements),
        *_wheels(folder, target),
        *(error for path in files.values() if path.suffix == ".so" for error in _compiled(path, target)),
        *_bytecode(files, target, required=bytecode),
        *_private_data(files, (folder, root)),
    ]
    return [f"{package.name}: {error}" for error in errors]


def digest(folder: Path) -> str:
    """SHA-256 of names, permissions, dates and contents of all files."""
    sha256 = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        sha256.update(f"{path.relative_to(folder)} {status.st_mode:o} {int(status.st_mtime)}\n".encode())
        sha256.update(path.read_bytes() if path.is_file() else b"")
    return sha256.hexdigest()


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MEGABYTE


def _size(files: dict[Path, Path], package: Package) -> Iterator[str]:
    size = sum(path.stat().st_size for path in files.values()) / MEGABYTE
    if size > package.mb:
        yield f"{size:.1f} MB; the limit is {package.mb} MB"


def _contents(folder: Path, package: Package) -> Iterator[str]:
    present = {path.stem if path.suffix == ".py" else path.name for path in folder.iterdir()}
    for name in sorted(present & (package.excluded | _BUILD_ONLY)):
        yield f"{name} must not be in it"
    for handler in package.handlers:
        if not (folder / handler.replace(".", "/")).with_suffix(".py").is_file():
            yield f"{handler} is missing"
    models = folder / "botocore/data"
    shipped = {path.name for path in models.iterdir() if path.is_dir()}
    if shipped != package.aws:
        yield f"service models of {sorted(shipped)} instead of {sorted(package.aws)}"


def _locked(folder: Path, requirements: Path) -> Iterator[str]:
    releases = re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", requirements.read_text("utf-8"))
    locked = {_normalized(f"{name}-{version}") for name, version in releases}
    installed = {_normalized(path.name.removesuffix(".dist-info")) for path in folder.glob("*.dist-info")}
    if installed != locked:
        yield f"differs from the locked releases: {', '.join(sorted(installed ^ locked))}"


def _normalized(name: str) -> str:
    return name.lower().replace("_", "-")


def _wheels(folder: Path, target: Target) -> Iterator[str]:
    for path in sorted(folder.glob("*.dist-info/WHEEL")):
        tags = re.findall(r"(?m)^Tag: (\S+)", path.read_text("utf-8"))
        if not any(_is_compatible(tag, target) for tag in tags):
            yield f"{path.parent.name} is built for {', '.join(tags)}"


def _is_compatible(tag: str, target: Target) -> bool:
    python, abi, platform = tag.split("-")
    if platform == "any":
        return python.startswith("py3") or python == "py2.py3"
    interpreter = target.tag.replace("cpython-", "cp")
    glibc = re.fullmatch(r"manylinux_2_(\d+)_(\w+)|manylinux(?:2014|2010|1)_(\w+)", platform)
    if target.platform is None:
        return abi in (interpreter, "abi3")
    return bool(
        (abi in (interpreter, "abi3"))
        and glibc
        and int(glibc[1] or 17) <= NEWEST_GLIBC
        and (glibc[2] or glibc[3]) == target.platform.partition("-")[0]
    )


def _compiled(path: Path, target: Target) -> Iterator[str]:
    head = path.read_bytes()[:20]
    if head[:4] == _ELF and struct.unpack_from("<H", head, 18)[0] != target.elf_architecture:
        yield f"{path.name} is compiled for another processor"
    if f".{target.tag}-" not in path.name and ".abi3." not in path.name:
        yield f"{path.name} is compiled for another Python than {target.python}"


def _bytecode(files: dict[Path, Path], target: Target, *, required: bool) -> Iterator[str]:
    unmatched = {path for path in files if path.suffix == ".pyc"}
    for source in (path for path in files if path.suffix == ".py"):
        cached = source.parent / "__pycache__" / f"{source.stem}.{target.tag}.pyc"
        if cached in unmatched:
            unmatched.discard(cached)
            yield from _outdated(source, files[source], files[cached], target)
        elif required:
            yield f"{source} has no bytecode"
    for path in sorted(unmatched):
        yield f"{path} has no source"


def _outdated(name: Path, source: Path, cached: Path, target: Target) -> Iterator[str]:
    """Python does not check the bytecode against its source at run time, so it is checked here."""
    head = cached.read_bytes()[:16]
    magic, marker, flags = struct.unpack_from("<H2sI", head)
    if (magic, marker) != (target.magic, b"\r\n"):
        yield f"the bytecode of {name} is for another Python"
    elif flags != UNCHECKED_HASH:
        yield f"the bytecode of {name} is not of the kind unchecked-hash"
    elif head[8:] != _imp.source_hash(target.magic | 0x0A0D0000, source.read_bytes()):
        yield f"the bytecode of {name} does not match its source"


def _private_data(files: dict[Path, Path], folders: tuple[Path, ...]) -> Iterator[str]:
    """Paths of the build machine, symbolic links, and secrets."""
    paths = [str(folder).encode() for folder in folders]
    for name, path in files.items():
        if path.is_symlink():
            yield f"{name} is a symbolic link"
            continue
        content = path.read_bytes()
        if any(path_ in content for path_ in paths):
            yield f"{name} contains a path of the build machine"
        if _is_ours(name) and _SECRETS.search(content):
            yield f"{name} contains what looks like a secret"


def _is_ours(name: Path) -> bool:
    return PurePosixPath(name).parts[0] in SOURCES
