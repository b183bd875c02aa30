"""The two packages and their contents."""

from dataclasses import dataclass
from pathlib import PurePosixPath

SOURCES = ("bot", "handlers")
SOURCE_SUFFIXES = {".py", ".json", ".toml", ".csv"}


@dataclass(frozen=True, slots=True)
class Package:
    """`requirements`: file in requirements/; `aws`: services whose models it contains; `mb`: maximum size, unzipped."""

    name: str
    requirements: str
    handlers: tuple[str, ...]
    aws: frozenset[str]
    mb: int
    excluded: frozenset[str] = frozenset()


# `aws` lists the services for which botocore creates a client. The receiver creates none: it calls DynamoDB and KMS
# through bot/dynamodb/clients.py, which needs no models; so do all functions for Secrets Manager.
RECEIVER = Package(
    name="receiver",
    requirements="receiver.txt",
    handlers=("handlers.slack", "handlers.noyo_webhook"),
    aws=frozenset(),
    mb=30,
    excluded=frozenset({"httpx", "pydantic", "pydantic_core", "aws_lambda_powertools", "boto3", "s3transfer"}),
)
WORKER = Package(
    name="worker",
    requirements="app.txt",
    handlers=("handlers.execute_operations", "handlers.notify", "handlers.poll"),
    aws=frozenset({"dynamodb", "kms", "lambda", "s3"}),
    mb=60,
)
PACKAGES = (RECEIVER, WORKER)

# Files that the installer adds. METADATA, WHEEL, entry points and licences stay: libraries read versions and plugins
# from them at run time, and the licences must be passed on.
_INSTALLER_FILES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "top_level.txt", "zip-safe"}
_UNUSED = (
    # A web page of Powertools' HTTP router, which the bot does not use.
    PurePosixPath("aws_lambda_powertools/event_handler/openapi/swagger_ui"),
    # The names of holidays in other languages; the bot only asks for their days.
    PurePosixPath("holidays/locale"),
)
_MODELS = PurePosixPath("botocore/data")


def is_included(path: PurePosixPath, aws: frozenset[str]) -> bool:
    """Whether the package includes an installed file. `path` is relative to the package's folder."""
    if path.parts[0] == "bin" or "tests" in path.parts or "__pycache__" in path.parts:
        return False
    if path.parts[0].endswith(".dist-info"):
        return path.name not in _INSTALLER_FILES and "sboms" not in path.parts
    if path.is_relative_to(_MODELS) and len(path.parts) > len(_MODELS.parts) + 1:
        return path.parts[len(_MODELS.parts)] in aws and not path.name.startswith("examples-")
    return path.suffix != ".pyi" and not any(path.is_relative_to(unused) for unused in _UNUSED)
