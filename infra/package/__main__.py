"""infra/package: `make build`: both packages for Lambda in build/, checked."""

import argparse
import sys

from infra.package.both import build_both
from infra.package.interpreters import NoInterpreter
from infra.package.recipe import BuildFailed
from infra.package.targets import LAMBDA


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.package", description=__doc__)
    parser.add_argument("--python", default="", help=f"a Python {LAMBDA.python}; otherwise one is looked for")
    parser.add_argument("--bytecode", choices=("yes", "no"), default="yes", help="no: slower cold starts")
    asked = parser.parse_args(arguments)
    try:
        for built in build_both(python=asked.python, bytecode=asked.bytecode == "yes"):
            print(built)
    except (NoInterpreter, BuildFailed) as reason:
        print(f"make build: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
