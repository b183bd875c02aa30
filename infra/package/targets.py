"""The target of a package: processor, operating system and minor version of Python."""

import importlib.util
import platform
import sys
from dataclasses import dataclass

AARCH64, X86_64 = 183, 62
"""Machine numbers in ELF headers."""


@dataclass(frozen=True, slots=True)
class Target:
    """`platform`: uv's name, None for this machine; `magic`: the first bytes of this Python's bytecode."""

    platform: str | None
    python: str
    magic: int
    elf_architecture: int

    @property
    def tag(self) -> str:
        """The tag in file names of bytecode and compiled modules, such as `cpython-313`."""
        return "cpython-" + self.python.replace(".", "")


LAMBDA = Target(platform="aarch64-manylinux2014", python="3.13", magic=3571, elf_architecture=AARCH64)
"""Runtime and Architectures in template.yaml. All releases of 3.13 share the magic number."""


def here() -> Target:
    """The running interpreter on this machine."""
    return Target(
        platform=None,
        python="{}.{}".format(*sys.version_info),
        magic=int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little"),
        elf_architecture={"aarch64": AARCH64, "arm64": AARCH64}.get(platform.machine(), X86_64),
    )
