"""infra/package: both packages for Lambda, built and checked; how large each is and what its bytes come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.package.checks import digest, faults, megabytes
from infra.package.interpreters import find_interpreter
from infra.package.packages import PACKAGES
from infra.package.recipe import ROOT, BuildFailed, build
from infra.package.targets import LAMBDA

INTO = ROOT / "build"


@dataclass(frozen=True, slots=True)
class Built:
    name: str
    megabytes: float
    digest: str

    def __str__(self) -> str:
        return f"build/{self.name}: {self.megabytes:.1f} MB, {self.digest[:16]}"


def build_both(
    *,
    python: str = "",
    bytecode: bool = True,
    carriers: Mapping[str, str] | None = None,
    into: Path = INTO,
) -> list[Built]:
    """`python` names a Python of Lambda's version. Raises BuildFailed, NoInterpreter."""
    compiler = find_interpreter(LAMBDA, python) if bytecode else None
    built = []
    for package in PACKAGES:
        folder = build(package, LAMBDA, into / package.name, compiler=compiler, carriers=carriers)
        wrong = faults(folder, package, LAMBDA, bytecode=bytecode)
        if wrong:
            raise BuildFailed("\n".join(wrong))
        built.append(Built(package.name, megabytes(folder), digest(folder)))
    return built
