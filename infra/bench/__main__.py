"""infra/bench: `make bench`: fresh process to acked command, ours against Bolt's own shape on Lambda, interleaved.

Each run starts a new Python, imports the receiver, and answers one signed slash command against servers on this machine
that answer at once. Only ratios within one run mean something: machines differ, and so does one from hour to hour.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from infra.bench.outside import Outside
from infra.bench.request import SECRET, event
from infra.package.packages import RECEIVER
from infra.package.recipe import build
from infra.package.targets import here

RUNS, TARGET = 9, 0.80
SHAPES = {
    "bolt": "Bolt's own Lambda shape (token check, handler per request, lazy listener, boto3)",
    "ours": "Switchboard's receiver as it ships (botocore's signer, no client factory)",
    "factory": "the same with a client from botocore's factory",
}
PACKAGED = {
    "packaged": "the receiver's package, with the bytecode that it ships with",
    "uncompiled": "the same without, as where BYTECODE=no built it: nobody can write beside it on Lambda",
}


@dataclass(frozen=True)
class Answered:
    seconds: float
    body: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="counted runs of each shape")
    parser.add_argument(
        "--limit", type=float, default=TARGET, help="fail above this ratio to Bolt's own shape"
    )
    parser.add_argument("--packaged", action="store_true", help="also the package, with and without bytecode")
    asked = parser.parse_args()
    runs: int = asked.runs
    with Outside() as outside, tempfile.TemporaryDirectory() as folder:
        packages = _packages(Path(folder)) if asked.packaged else {}
        taken: dict[str, list[float]] = {shape: [] for shape in (*SHAPES, *packages)}
        for number in range(runs + 1):
            for shape in taken:
                answered = _one(shape, outside, packages.get(shape))
                if number:  # The first of each only warms the machine's caches.
                    taken[shape].append(answered.seconds)
    return _report(taken, asked.limit)


def _packages(folder: Path) -> dict[str, Path]:
    """The receiver by Lambda's recipe, for this machine."""
    compilers = {"packaged": Path(sys.executable), "uncompiled": None}
    return {
        shape: build(RECEIVER, here(), folder / shape, compiler=compiler)
        for shape, compiler in compilers.items()
    }


def _one(shape: str, outside: Outside, package: Path | None) -> Answered:
    """Starts the process, and stops the clock at its answer. What it must have done is checked each time."""
    outside.forget()
    command = [sys.executable, "-m", "infra.bench.one", shape]
    environment = _environment(outside)
    if package:
        # By its path and without `site`: nothing but the package is there to be imported.
        command = [sys.executable, "-S", str(Path(__file__).with_name("one.py")), shape]
        environment |= {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    request = json.dumps(event()) + "\n"
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        said, _ = process.communicate(request, timeout=60)
    seconds = time.perf_counter() - started
    line = said.splitlines()[-1] if said else ""  # What comes before is its log.
    _check(shape, line, outside)
    return Answered(seconds, line)


def _check(shape: str, line: str, outside: Outside) -> None:
    """A quick answer counts for nothing if the work was not done."""
    answer = json.loads(line or "{}")
    if answer.get("status") != 200:
        raise SystemExit(f"{shape} did not ack: {line!r}")
    if shape == "bolt" and not (outside.calls["auth.test"] and outside.calls["invocations"]):
        raise SystemExit(
            f"{shape} did not check its token and start its lazy listener: {dict(outside.calls)}"
        )
    if shape != "bolt" and len(outside.placed) != 1:
        raise SystemExit(f"{shape} placed {len(outside.placed)} operations: {answer}, {dict(outside.calls)}")


def _report(taken: dict[str, list[float]], limit: float) -> int:
    medians = {shape: statistics.median(times) for shape, times in taken.items()}
    for shape, what in (SHAPES | PACKAGED).items():
        if shape not in taken:
            continue
        ratios = [mine / bolt for mine, bolt in zip(taken[shape], taken["bolt"], strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"{statistics.median(ratios):5.2f}  ({spread})  {medians[shape] * 1000:4.0f} ms  {what}")
    ours = statistics.median(m / b for m, b in zip(taken["ours"], taken["bolt"], strict=True))
    print(
        f"target: {TARGET:.2f} or less; {'met' if ours <= TARGET else 'MISSED'}; limit of this run: {limit:.2f}"
    )
    return 0 if ours <= limit else 1


def _environment(outside: Outside) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_REGION": "us-east-1",
        "METRICS_NAMESPACE": "Switchboard/bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": outside.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "TABLE_NAME": "bench",
        "KMS_KEY_ID": "bench",
        "ENVIRONMENT": "bench",
        "SLACK_API_URL": f"{outside.url}/api/",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_TEAM_ID": "T0LOCAL",
        "SLACK_APP_ID": "A0LOCAL",
        "CHANNEL_CONNECTIONS": "C0BENCH",
        "NOYO_CLIENT_ID": "none",
        "NOYO_CLIENT_SECRET": "none",
    }


if __name__ == "__main__":
    sys.exit(main())
