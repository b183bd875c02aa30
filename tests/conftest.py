"""For every test: no way out to the network, nobody's own AWS credentials, and no silent skip where asked."""

import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests import aws_calls

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# A busy machine is no failure, and where a change is judged the same examples are tried each time.
settings.register_profile(
    "switchboard", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("switchboard")

LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "", None}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="a skipped test counts as a failed one")
    parser.addoption("--aws-calls", type=Path, help="where to write what each function called of AWS")


def pytest_configure() -> None:
    sys.addaudithook(_refuse_the_network)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        os.environ.pop(name, None)
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _refuse_the_network(event: str, args: tuple[Any, ...]) -> None:
    """Not an OSError, so that code which answers for a lost connection does not swallow it."""
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in LOOPBACK and not str(host).startswith("127."):
        raise RuntimeError(f"a test reached for the network: {host}")


@pytest.fixture(autouse=True)
def nothing_beyond_the_roles() -> Iterator[None]:
    """Whatever the test does through a function, AWS would let the function's role do."""
    aws_calls.BEYOND.clear()
    yield
    assert not aws_calls.BEYOND, "\n".join(dict.fromkeys(aws_calls.BEYOND))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """One of several processes of the run has ended: what it heard of."""
    aws_calls.hear(getattr(node, "workeroutput", {}).get("aws_calls", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["aws_calls"] = aws_calls.told()
    elif path := session.config.getoption("--aws-calls"):
        aws_calls.write(path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _refuse_skip(item.config, report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _refuse_skip(collector.config, report)


def _refuse_skip(config: pytest.Config, report: Report) -> Report:
    if report.skipped and not hasattr(report, "wasxfail") and config.getoption("--fail-on-skip"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"a skip counts as a failure here: {reason}"
    return report
