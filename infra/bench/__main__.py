"""`make bench`: measures the time from process start to the answer of a command, for the bot and for Bolt's adapter.

Each measurement starts a new Python, imports the receiver, and answers one signed slash command; Slack and AWS are
fakes on this machine. The variants take turns. Compare only ratios within one run: absolute times vary.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from infra.bench.environment import environment
from infra.bench.fakes import Fakes
from infra.bench.request import event
from infra.package.packages import RECEIVER
from infra.package.recipe import build
from infra.package.targets import here

RUNS, TARGET = 9, 0.80
VARIANTS = {
    "bolt": "Bolt's adapter for Lambda (token check, handler per request, lazy listener, boto3)",
    "ours": "Switchboard's receiver as deployed (botocore's signer, no client factory)",
    "factory": "the same with clients from botocore's factory",
}
PACKAGED = {
    "packaged": "the receiver's package, with its bytecode",
    "uncompiled": "the same without bytecode (BYTECODE=no); Lambda cannot write it",
}


@dataclass(frozen=True)
class Measurement:
    seconds: float
    body: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="measurements of each variant")
    parser.add_argument("--limit", type=float, default=TARGET, help="fail above this ratio to Bolt's adapter")
    parser.add_argument("--packaged", action="store_true", help="measure the package too, with and without bytecode")
    options = parser.parse_args()
    runs: int = options.runs
    with Fakes() as fakes, tempfile.TemporaryDirectory() as folder:
        packages = _packages(Path(folder)) if options.packaged else {}
        times: dict[str, list[float]] = {variant: [] for variant in (*VARIANTS, *packages)}
        for number in range(runs + 1):
            for variant in times:
                measurement = _measure(variant, fakes, packages.get(variant))
                if number:  # The first measurement of each only fills the caches of the machine.
                    times[variant].append(measurement.seconds)
    return _report(times, options.limit)


def _packages(folder: Path) -> dict[str, Path]:
    """The receiver's package, built for this machine."""
    compilers = {"packaged": Path(sys.executable), "uncompiled": None}
    return {
        variant: build(RECEIVER, here(), folder / variant, compiler=compiler) for variant, compiler in compilers.items()
    }


def _measure(variant: str, fakes: Fakes, package: Path | None) -> Measurement:
    """Starts the process, measures the time to its answer, and checks its work."""
    fakes.reset()
    command = [sys.executable, "-m", "infra.bench.process", variant]
    variables = environment(fakes.url)
    if package:
        # By its path and without `site`, so that it can import only the package.
        command = [sys.executable, "-S", str(Path(__file__).with_name("process.py")), variant]
        variables |= {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    request = json.dumps(event()) + "\n"
    started = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables) as process:
        output, _ = process.communicate(request, timeout=60)
    seconds = time.perf_counter() - started
    line = output.splitlines()[-1] if output else ""  # The lines before it are the log.
    _check(variant, line, fakes)
    return Measurement(seconds, line)


def _check(variant: str, line: str, fakes: Fakes) -> None:
    """Exits if the process did not do its work, because its time is meaningless then."""
    answer = json.loads(line or "{}")
    if answer.get("status") != 200:
        raise SystemExit(f"{variant} did not acknowledge: {line!r}")
    if variant == "bolt" and not (fakes.calls["auth.test"] and fakes.calls["invocations"]):
        raise SystemExit(f"{variant} did not check its token and start its lazy listener: {dict(fakes.calls)}")
    if variant != "bolt" and len(fakes.operations) != 1:
        raise SystemExit(f"{variant} submitted {len(fakes.operations)} operations: {answer}, {dict(fakes.calls)}")


def _report(times: dict[str, list[float]], limit: float) -> int:
    for variant, description in (VARIANTS | PACKAGED).items():
        if variant not in times:
            continue
        ratios = [seconds / bolt for seconds, bolt in zip(times[variant], times["bolt"], strict=True)]
        milliseconds = statistics.median(times[variant]) * 1000
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"{statistics.median(ratios):5.2f}  ({spread})  {milliseconds:4.0f} ms  {description}")
    ours = statistics.median(m / b for m, b in zip(times["ours"], times["bolt"], strict=True))
    print(f"target: {TARGET:.2f} or less; {'met' if ours <= TARGET else 'MISSED'}; limit of this run: {limit:.2f}")
    return 0 if ours <= limit else 1


if __name__ == "__main__":
    sys.exit(main())
