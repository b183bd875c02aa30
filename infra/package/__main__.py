"""infra/package: `make build`: both packages for Lambda in build/, checked."""

import argparse
import sys
from pathlib import Path

from infra.package.checks import digest, faults, megabytes
from infra.package.interpreters import NoInterpreter, find_interpreter
from infra.package.packages import PACKAGES
from infra.package.recipe import ROOT, BuildFailed, build
from infra.package.targets import LAMBDA


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.package", description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "build", help="the folder that gets both")
    parser.add_argument("--python", default="", help=f"a Python {LAMBDA.python}; otherwise one is looked for")
    parser.add_argument("--bytecode", choices=("yes", "no"), default="yes", help="no: slower cold starts")
    asked = parser.parse_args(arguments)
    try:
        compiler = find_interpreter(LAMBDA, asked.python) if asked.bytecode == "yes" else None
        for package in PACKAGES:
            folder = build(package, LAMBDA, asked.into / package.name, compiler=compiler)
            wrong = faults(folder, package, LAMBDA, bytecode=compiler is not None)
            if wrong:
                raise BuildFailed("\n".join(wrong))
            print(f"{asked.into.name}/{package.name}: {megabytes(folder):.1f} MB, {digest(folder)[:16]}")
    except (NoInterpreter, BuildFailed) as reason:
        print(f"make build: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
