"""For every test: no network, no AWS credentials of the developer, and no silent skips in CI."""

import logging
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from bot import logs, telemetry
from tests import aws_calls

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# A busy machine must not fail a test, and CI must try the same examples in each run.
settings.register_profile(
    "switchboard", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("switchboard")

LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "", None}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="count skipped tests as failures")
    parser.addoption("--aws-calls", type=Path, help="file for the AWS calls of each function")


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
    """Raises no OSError, so that code for lost connections does not catch it."""
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in LOOPBACK and not str(host).startswith("127."):
        raise RuntimeError(f"a test used the network: {host}")


@pytest.fixture(autouse=True)
def only_allowed_calls() -> Iterator[None]:
    """Fails the test if a function calls AWS without permission."""
    aws_calls.DENIED.clear()
    yield
    assert not aws_calls.DENIED, "\n".join(dict.fromkeys(aws_calls.DENIED))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Merges the AWS calls of a worker process that has ended."""
    aws_calls.merge(getattr(node, "workeroutput", {}).get("aws_calls", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["aws_calls"] = aws_calls.as_json()
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
        report.longrepr = f"a skip counts as a failure: {reason}"
    return report


@contextmanager
def logging_restored() -> Iterator[None]:
    """Puts handlers and levels back after code that configures logging as a function on Lambda does."""
    root, names = logging.getLogger(), (*logs.LOGGERS, telemetry.LOGGER)
    handlers, levels = list(root.handlers), {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def restored_logging() -> Iterator[None]:
    with logging_restored():
        yield
