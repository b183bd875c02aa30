"""The checks of openapi-core, and those that it lacks (unknown or repeated parameters, an unexpected body)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.validation.exceptions import ValidationError
from openapi_core.validation.request.exceptions import MissingRequiredRequestBody
from openapi_core.validation.request.validators import V31RequestBodyValidator
from werkzeug.datastructures import Headers, ImmutableMultiDict

HERE = Path(__file__).parent
DESCRIPTION = HERE / "noyo-openapi.yaml"
OVERLAY = HERE / "overlay.yaml"
HOST = "https://noyo.invalid"


class ContractBroken(AssertionError):
    """A request or an answer does not conform to the description. The message names each violation."""


class MissingBody(Exception):
    """The operation requires a body and the request has none."""


@dataclass
class _Request:
    """A request as openapi-core reads it. openapi-core adds the ids from the path to `parameters`."""

    method: str
    path: str
    parameters: RequestParameters
    content_type: str = "application/json"
    body: bytes | None = None
    host_url: str = HOST


@dataclass(frozen=True)
class _Response:
    status_code: int
    data: bytes
    headers: Headers
    content_type: str = "application/json"


@cache
def contract() -> "Contract":
    """The process's contract: loading takes about a second, a check about a millisecond."""
    return Contract()


class Contract:
    def __init__(self) -> None:
        self.description: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
        self._api = OpenAPI.from_dict(self.description)
        self._bodies = V31RequestBodyValidator(self._api.spec)

    def check_request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> None:
        """`url` includes the query and may be a path alone. Raises ContractBroken."""
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        operation = self.operation(method, parts.path)
        violations = list(self._unexpected(operation, query, body))
        request = _Request(
            method.lower(),
            parts.path,
            RequestParameters(query=ImmutableMultiDict(query), header=Headers(dict(headers))),
            body=body or None,
        )
        if body:
            request.content_type = Headers(dict(headers)).get("Content-Type", "none")
        try:
            self._api.validate_request(request)
        except (ValidationError, OpenAPIError) as error:
            violations += _reasons(error)
        if violations:
            raise ContractBroken(f"{method} {parts.path}: {'; '.join(violations)}")

    def check_answer(self, method: str, path: str, status: int, body: bytes) -> None:
        """A success must have a described status and body; a refusal may be any JSON. Raises ContractBroken."""
        path = urlsplit(path).path
        operation = self.operation(method, path)
        if status < 400 and str(status) not in operation["responses"]:
            raise ContractBroken(f"{method} {path}: status {status} is not described")
        request = _Request(method.lower(), path, RequestParameters())
        try:
            self._api.validate_response(request, _Response(status, body, Headers()))
        except (ValidationError, OpenAPIError) as error:
            raise ContractBroken(f"{method} {path} {status}: {'; '.join(_reasons(error))}") from error

    def body_errors(self, method: str, path: str, body: bytes) -> list[Any]:
        """jsonschema's errors for a request's JSON body. Raises MissingBody."""
        request = _Request(method.lower(), path, RequestParameters(), body=body or None)
        try:
            self._bodies.validate(request)
        except MissingRequiredRequestBody:
            raise MissingBody from None
        except ValidationError as error:
            return list(_schema_errors(error))
        return []

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """The described operation, with its parameters resolved. Raises ContractBroken if there is none."""
        template = self.template(path)
        item = self.description["paths"].get(template, {})
        if method.lower() not in item:
            raise ContractBroken(f"{method} {path}: there is no such operation")
        described = item[method.lower()]
        parameters = [*item.get("parameters", ()), *described.get("parameters", ())]
        return {**described, "parameters": [self.resolve(parameter) for parameter in parameters]}

    def template(self, path: str) -> str | None:
        """The path with names in place of its ids. If two match, the one with fewer names."""
        matching = [template for template in self.description["paths"] if _matches(template, path)]
        return min(matching, key=lambda template: template.count("{"), default=None)

    def resolve(self, part: dict[str, Any]) -> dict[str, Any]:
        """Follows a `$ref` within the description."""
        while "$ref" in part:
            target: Any = self.description
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            part = target
        return part

    def _unexpected(self, operation: dict[str, Any], query: list[tuple[str, str]], body: bytes | None) -> Iterator[str]:
        known = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
        names = [name for name, _ in query]
        yield from (f"the parameter {name} is not known" for name in names if name not in known)
        yield from (f"the parameter {name} is given twice" for name in set(names) if names.count(name) > 1)
        if body and "requestBody" not in operation:
            yield "a body, where none is taken"


def _matches(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    pairs = zip(wanted, given, strict=False)
    return len(wanted) == len(given) and all(
        want == give or (want.startswith("{") and give != "") for want, give in pairs
    )


def _schema_errors(error: BaseException) -> tuple[Any, ...]:
    return getattr(error.__cause__, "schema_errors", None) or getattr(error, "schema_errors", None) or ()


def _reasons(error: BaseException) -> list[str]:
    """openapi-core's error says where something is wrong; its cause says what."""
    details = _schema_errors(error)
    if details:
        return [f"{detail.json_path}: {detail.message}" for detail in details]
    return [" - ".join(dict.fromkeys(filter(None, (str(error), str(error.__cause__ or "")))))]
