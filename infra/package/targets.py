"""infra/package: what a package is built for: a processor, a system and a minor version of Python."""

import importlib.util
import platform
import sys
from dataclasses import dataclass

AARCH64, X86_64 = 183, 62
"""As ELF headers number them."""


@dataclass(frozen=True, slots=True)
class Target:
    """`platform` as uv names it, None for this machine; `magic` is what this Python's bytecode begins with."""

    platform: str | None
    python: str
    magic: int
    machine: int

    @property
    def tag(self) -> str:
        """`cpython-313`, as its bytecode and compiled modules are named."""
        return "cpython-" + self.python.replace(".", "")


LAMBDA = Target(platform="aarch64-manylinux2014", python="3.13", magic=3571, machine=AARCH64)
"""What template.yaml names as Runtime and Architectures. The magic number is that of every release of 3.13."""


def here() -> Target:
    """The interpreter that asks, on its own machine."""
    return Target(
        platform=None,
        python="{}.{}".format(*sys.version_info),
        magic=int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little"),
        machine={"aarch64": AARCH64, "arm64": AARCH64}.get(platform.machine(), X86_64),
    )
