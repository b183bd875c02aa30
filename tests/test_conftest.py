"""The rules that tests/conftest.py enforces in every test."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
UNUSED_PLUGINS = ("anyio", "hypothesispytest", "pytest_cov", "timeout", "xdist", "xdist.looponfail")


def run_pytest(folder: Path, test: str, *options: str) -> tuple[int, str]:
    shutil.copy(CONFTEST, folder)
    (folder / "test_it.py").write_text(test)
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {CONFTEST.parents[1]}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "test_it.py"]
    command += [f"-pno:{name}" for name in UNUSED_PLUGINS]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return process.returncode, process.stdout


SKIPPED_TEST = "import pytest\ndef test_it():\n    pytest.skip('no engine here')\n"
SKIPPED_MODULE = "import pytest\npytest.skip('no engine here', allow_module_level=True)\n"
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_it():\n    assert False\n"


@pytest.mark.parametrize("test", [SKIPPED_TEST, SKIPPED_MODULE], ids=["a test", "a module"])
def test_a_skip_fails_the_run_with_its_reason_if_requested(tmp_path: Path, test: str) -> None:
    code, output = run_pytest(tmp_path, test, "--fail-on-skip")

    assert code != 0
    assert "a skip counts as a failure" in output
    assert "no engine here" in output


def test_a_skip_does_not_fail_the_run_by_default(tmp_path: Path) -> None:
    code, output = run_pytest(tmp_path, SKIPPED_TEST)

    assert code == 0
    assert "1 skipped" in output


def test_an_expected_failure_is_not_a_skip(tmp_path: Path) -> None:
    code, output = run_pytest(tmp_path, EXPECTED_FAILURE, "--fail-on-skip")

    assert code == 0
    assert "1 xfailed" in output


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_a_test_cannot_connect_to_another_machine(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(RuntimeError, match="used the network"):
        client.connect((address, 443))


def test_a_test_cannot_resolve_the_name_of_another_machine() -> None:
    with pytest.raises(RuntimeError, match=r"used the network: api\.example\.com"):
        socket.getaddrinfo("api.example.com", 443)


def test_a_test_can_connect_to_its_own_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


DENIED_CALL = """
from tests import aws_calls

def test_it():
    aws_calls.DENIED.append("PollFunction needs kms:Encrypt on Key")
"""


def test_a_call_that_the_role_of_the_function_forbids_fails_the_test(tmp_path: Path) -> None:
    code, output = run_pytest(tmp_path, DENIED_CALL)

    assert code != 0
    assert "PollFunction needs kms:Encrypt on Key" in output
