"""The built packages: those for Lambda are checked statically, those for this machine are run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from infra.local.http_server import HttpRequest, HttpServer, function_app
from infra.package.checks import digest, find_errors
from infra.package.interpreters import find_interpreter
from infra.package.packages import PACKAGES, WORKER, Package
from infra.package.recipe import build
from infra.package.targets import LAMBDA, here

pytestmark = [pytest.mark.package, pytest.mark.timeout(180)]

NAMES = [package.name for package in PACKAGES]


@pytest.fixture(scope="module")
def for_lambda(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {package.name: _for_lambda(package, tmp_path_factory.mktemp("first")) for package in PACKAGES}


def _for_lambda(package: Package, folder: Path) -> Path:
    return build(package, LAMBDA, folder / package.name, compiler=find_interpreter(LAMBDA))


@pytest.mark.parametrize("package", PACKAGES, ids=NAMES)
def test_a_package_for_lambda_is_valid(for_lambda: dict[str, Path], package: Package) -> None:
    assert find_errors(for_lambda[package.name], package, LAMBDA) == []


def test_only_the_worker_contains_modules_compiled_for_lambda(for_lambda: dict[str, Path]) -> None:
    compiled = [path.name for path in for_lambda["worker"].rglob("*.so")]

    assert compiled
    assert all(name.endswith(".cpython-313-aarch64-linux-gnu.so") for name in compiled)
    assert [path.name for path in for_lambda["receiver"].rglob("*.so")] == []


@pytest.mark.parametrize("package", PACKAGES, ids=NAMES)
def test_builds_are_reproducible(for_lambda: dict[str, Path], tmp_path: Path, package: Package) -> None:
    assert digest(_for_lambda(package, tmp_path)) == digest(for_lambda[package.name])


@pytest.mark.parametrize("package", PACKAGES, ids=NAMES)
def test_a_package_for_this_machine_is_valid(built_here: dict[str, Path], package: Package) -> None:
    assert find_errors(built_here[package.name], package, here()) == []


# ---------------------------------------------------------------- botocore without most models

CALL = """
import json, sys
from botocore.awsrequest import AWSResponse
from bot.dynamodb import WORKER, aws_client
urls = []
class Raw:
    def stream(self, **kwargs):
        return iter([b"{}"])
def answer(request, **kwargs):
    urls.append(request.url)
    return AWSResponse(request.url, 200, {}, Raw())
client = aws_client(sys.argv[1], region=sys.argv[2], endpoint_url=None, timeouts=WORKER)
client.meta.events.register("before-send", answer)
getattr(client, sys.argv[3])(**json.loads(sys.argv[4]))
print(urls[0])
"""
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("get_item", {"TableName": "t", "Key": {"pk": {"S": "a"}}}),
    "kms": ("decrypt", {"CiphertextBlob": "encrypted"}),
    "lambda": ("get_account_settings", {}),
    "s3": ("get_object", {"Bucket": "b", "Key": "k"}),
}
KEYS = {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up"}


def run(package: Path, script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the script in a new process that can import only the package."""
    command = [sys.executable, "-S", "-c", script, *arguments]
    environment = {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"} | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1"])
@pytest.mark.parametrize("service", sorted(WORKER.aws))
def test_each_client_works_with_the_included_models(built_here: dict[str, Path], service: str, region: str) -> None:
    call, parameters = CALLS[service]
    process = run(built_here["worker"], CALL, service, region, call, json.dumps(parameters), **KEYS)

    is_global = (service, region) == ("s3", "us-east-1")  # botocore's default for S3 in its oldest region
    host = "s3.amazonaws.com" if is_global else f"{service}.{region}.amazonaws.com"
    assert f"//{host}/" in process.stdout, process.stderr


def test_a_client_without_its_model_cannot_be_created(built_here: dict[str, Path]) -> None:
    process = run(built_here["worker"], CALL, "sqs", "us-east-1", "list_queues", "{}", **KEYS)

    assert "UnknownServiceError: Unknown service: 'sqs'" in process.stderr


SIGNED_CALL = """
import sys
from bot.dynamodb import RECEIVER
from bot.dynamodb.clients import aws_json_client
client = aws_json_client("dynamodb", region="us-east-1", endpoint_url=sys.argv[1], timeouts=RECEIVER)
print(client.get_item(TableName="t", Key={"pk": {"S": "a"}}))
"""


def test_the_receiver_signs_with_the_credentials_of_a_restored_snapshot(built_here: dict[str, Path]) -> None:
    """A function that was restored from a snapshot reads its credentials from a URL, not from its environment."""
    requests: list[HttpRequest] = []

    def answer(request: HttpRequest) -> Response:
        requests.append(request)
        credentials = {
            "AccessKeyId": "ASIASNAP",
            "SecretAccessKey": "s",
            "Token": "t",
            "Expiration": "2099-01-01T00:00:00Z",
        }
        return Response(json.dumps(credentials if request.method == "GET" else {}))

    with HttpServer(function_app(answer)) as aws:
        here = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{aws.url}/creds", "AWS_EC2_METADATA_DISABLED": "true"}
        process = run(built_here["receiver"], SIGNED_CALL, aws.url, **here)

    assert process.returncode == 0, process.stderr
    assert "ASIASNAP" in (requests[-1].headers.get("Authorization") or "")
    assert requests[-1].headers.get("X-Amz-Security-Token") == "t"


LOADED = "import sys, handlers.slack; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def test_the_receiver_uses_its_bytecode_and_loads_only_what_is_included(built_here: dict[str, Path]) -> None:
    process = run(built_here["receiver"], LOADED, PYTHONVERBOSE="1")

    assert process.returncode == 0, process.stderr[-2000:]
    compiled_at_start = [
        line for line in process.stderr.splitlines() if "code object from" in line and line.endswith(".py'")
    ]
    assert [line for line in compiled_at_start if str(built_here["receiver"]) in line] == []
    assert not {"httpx", "pydantic", "boto3", "aws_lambda_powertools"} & set(process.stdout.split())
