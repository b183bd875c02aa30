"""For tests: a package of a few files that nothing is wrong with, to spoil."""

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
    handlers=("handlers.door",),
    aws=frozenset({"kms"}),
    mb=1,
    without=frozenset({"httpx"}),
)
WHEEL = "six-1.17.0.dist-info/WHEEL"
COMPILED = f"six_speed.{sys.implementation.cache_tag}-linux-gnu.so"


@dataclass(frozen=True)
class Made:
    root: Path
    folder: Path
    target: Target

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


def make(root: Path) -> Made:
    target = here()
    made = Made(root, root / "build/small", target)
    (root / "requirements").mkdir()
    (root / "requirements/small.txt").write_text("six==1.17.0 \\\n    --hash=sha256:00\n")
    made.write("handlers/door.py", "def handler(event, context):\n    return event\n")
    made.write("six.py", "NAMES = {'a', 'b', 'c'}\n")
    made.write(WHEEL, "Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any\n")
    made.write("botocore/data/kms/2014-11-01/service-2.json.gz", b"")
    made.write(COMPILED, elf(target.machine))
    compile_all(made.folder)
    return made


def elf(machine: int) -> bytes:
    return b"\x7fELF" + bytes(14) + struct.pack("<H", machine)
