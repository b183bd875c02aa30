"""infra/package: the two packages: what goes into each, and what of it is left out."""

from dataclasses import dataclass
from pathlib import PurePosixPath

OURS = ("bot", "handlers")
OUR_FILES = {".py", ".json", ".toml", ".csv"}
CARRIERS = "carriers.json"
"""Names of the stage's carriers, beside the code; the setting CARRIERS_FILE points at it."""


@dataclass(frozen=True, slots=True)
class Package:
    """`requirements` below requirements/; `aws` the services whose models ship; `mb` how large it may be, unzipped."""

    name: str
    requirements: str
    handlers: tuple[str, ...]
    aws: frozenset[str]
    mb: int
    without: frozenset[str] = frozenset()


# The one list of AWS services that botocore's client factory is asked for. The receiver asks for none: it speaks to
# DynamoDB and KMS, as everybody does to Secrets Manager, through bot/dynamodb/aws_json.py, which reads no model.
RECEIVER = Package(
    name="receiver",
    requirements="receiver.txt",
    handlers=("handlers.slack", "handlers.noyo_webhook"),
    aws=frozenset(),
    mb=30,
    without=frozenset({"httpx", "pydantic", "pydantic_core", "aws_lambda_powertools", "boto3", "s3transfer"}),
)
WORKER = Package(
    name="worker",
    requirements="app.txt",
    handlers=("handlers.execute_operations", "handlers.notify", "handlers.poll"),
    aws=frozenset({"dynamodb", "kms", "lambda"}),
    mb=60,
)
PACKAGES = (RECEIVER, WORKER)

# What installing leaves beside what it installs. METADATA, WHEEL, entry points and licences stay: versions and plugins
# are looked up in them at run time, and whoever gets the package may see under which terms.
_INSTALLERS = {
    "RECORD",
    "INSTALLER",
    "REQUESTED",
    "direct_url.json",
    "uv_cache.json",
    "top_level.txt",
    "zip-safe",
}
_UNUSED = (
    # A page for browsers, of powertools' HTTP router, which nobody here asks for.
    PurePosixPath("aws_lambda_powertools/event_handler/openapi/swagger_ui"),
)
_MODELS = PurePosixPath("botocore/data")


def ships(path: PurePosixPath, aws: frozenset[str]) -> bool:
    """Whether an installed file, named relative to the package's folder, goes to Lambda."""
    if path.parts[0] == "bin" or "tests" in path.parts or "__pycache__" in path.parts:
        return False
    if path.parts[0].endswith(".dist-info"):
        return path.name not in _INSTALLERS and "sboms" not in path.parts
    if path.is_relative_to(_MODELS) and len(path.parts) > len(_MODELS.parts) + 1:
        return path.parts[len(_MODELS.parts)] in aws and not path.name.startswith("examples-")
    return path.suffix != ".pyi" and not any(path.is_relative_to(unused) for unused in _UNUSED)
