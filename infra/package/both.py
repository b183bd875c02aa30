"""Builds and checks both packages for Lambda."""

from dataclasses import dataclass
from pathlib import Path

from infra.package.checks import digest, find_errors, megabytes
from infra.package.interpreters import find_interpreter
from infra.package.packages import PACKAGES
from infra.package.recipe import ROOT, BuildFailed, build
from infra.package.targets import LAMBDA

OUTPUT = ROOT / "build"


@dataclass(frozen=True, slots=True)
class BuiltPackage:
    name: str
    megabytes: float
    digest: str

    def __str__(self) -> str:
        return f"build/{self.name}: {self.megabytes:.1f} MB, {self.digest[:16]}"


def build_both(*, python: str = "", bytecode: bool = True, output: Path = OUTPUT) -> list[BuiltPackage]:
    """`python` is the path of a Python of Lambda's version. Raises BuildFailed or NoInterpreter."""
    compiler = find_interpreter(LAMBDA, python) if bytecode else None
    built = []
    for package in PACKAGES:
        folder = build(package, LAMBDA, output / package.name, compiler=compiler)
        errors = find_errors(folder, package, LAMBDA, bytecode=bytecode)
        if errors:
            raise BuildFailed("\n".join(errors))
        built.append(BuiltPackage(package.name, megabytes(folder), digest(folder)))
    return built
