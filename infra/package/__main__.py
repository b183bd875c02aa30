"""`make build`: builds and checks both packages for Lambda in build/."""

import argparse
import sys

from infra.package.both import build_both
from infra.package.interpreters import NoInterpreter
from infra.package.recipe import BuildFailed
from infra.package.targets import LAMBDA


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.package", description=__doc__)
    parser.add_argument(
        "--python", default="", help=f"a Python {LAMBDA.python}; by default the first one that is found"
    )
    parser.add_argument("--bytecode", choices=("yes", "no"), default="yes", help="no: slower cold starts")
    options = parser.parse_args(arguments)
    try:
        for package in build_both(python=options.python, bytecode=options.bytecode == "yes"):
            print(package)
    except (NoInterpreter, BuildFailed) as error:
        print(f"make build: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
