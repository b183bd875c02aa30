"""For tests: a valid package of a few files."""

import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.package.bytecode import compile_all
from infra.package.packages import Package
from infra.package.targets import Target, here

SMALL = Package(
    name="small",
    requirements="small.txt",
    handlers=("handlers.echo",),
    aws=frozenset({"kms"}),
    mb=1,
    excluded=frozenset({"httpx"}),
)
WHEEL = "six-1.17.0.dist-info/WHEEL"
COMPILED = f"six_speed.{sys.implementation.cache_tag}-linux-gnu.so"


@dataclass(frozen=True)
class SmallPackage:
    root: Path
    folder: Path
    target: Target

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


def build_small_package(root: Path) -> SmallPackage:
    target = here()
    package = SmallPackage(root, root / "build/small", target)
    (root / "requirements").mkdir()
    (root / "requirements/small.txt").write_text("six==1.17.0 \\\n    --hash=sha256:00\n")
    package.write("handlers/echo.py", "def handler(event, context):\n    return event\n")
    package.write("six.py", "NAMES = {'a', 'b', 'c'}\n")
    package.write(WHEEL, "Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any\n")
    package.write("botocore/data/kms/2014-11-01/service-2.json.gz", b"")
    package.write(COMPILED, elf(target.elf_architecture))
    compile_all(package.folder)
    return package


def elf(architecture: int) -> bytes:
    return b"\x7fELF" + bytes(14) + struct.pack("<H", architecture)
