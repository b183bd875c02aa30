"""infra/contract: the checks themselves, by openapi-core, and what it lets pass: unknown parameters, a stray body."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.validation.exceptions import ValidationError
from werkzeug.datastructures import Headers, ImmutableMultiDict

HERE = Path(__file__).parent
DESCRIPTION = HERE / "noyo-openapi.yaml"
OVERLAY = HERE / "overlay.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
HOST = "https://noyo.invalid"


class ContractBroken(AssertionError):
    """A request or an answer that is not as the contract says, with each fault named."""


@dataclass
class _Request:
    """One request as openapi-core wants to see it; it writes the ids that it finds in the path to `parameters`."""

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


class Contract:
    """Loads in about a second and checks in a few milliseconds: make one for many checks."""

    def __init__(self) -> None:
        self.description: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
        self._api = OpenAPI.from_dict(self.description)

    def check_request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> None:
        """`url` with its query; it may be a path alone. ContractBroken names every fault that is found."""
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        operation = self.operation(method, parts.path)
        faults = list(self._stray(operation, query, body))
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
            faults += _reasons(error)
        if faults:
            raise ContractBroken(f"{method} {parts.path}: {'; '.join(faults)}")

    def check_answer(self, method: str, path: str, status: int, body: bytes) -> None:
        """A success must be one that the contract names; a refusal may be any JSON."""
        path = urlsplit(path).path
        operation = self.operation(method, path)
        if status < 400 and str(status) not in operation["responses"]:
            raise ContractBroken(f"{method} {path}: answered with {status}, which is not named")
        request = _Request(method.lower(), path, RequestParameters())
        try:
            self._api.validate_response(request, _Response(status, body, Headers()))
        except (ValidationError, OpenAPIError) as error:
            raise ContractBroken(f"{method} {path} {status}: {'; '.join(_reasons(error))}") from error

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """The operation's part of the description, with its parameters resolved. ContractBroken where there is none."""
        template = self.template(path)
        item = self.description["paths"].get(template, {})
        if method.lower() not in item:
            raise ContractBroken(f"{method} {path}: there is no such operation")
        own = item[method.lower()]
        given = [*item.get("parameters", ()), *own.get("parameters", ())]
        return {**own, "parameters": [self.resolved(parameter) for parameter in given]}

    def template(self, path: str) -> str | None:
        """The path with names where it has ids; where two fit, the one with fewer names."""
        fitting = [template for template in self.description["paths"] if _fits(template, path)]
        return min(fitting, key=lambda template: template.count("{"), default=None)

    def resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        """What a `$ref` within the description stands for."""
        while "$ref" in part:
            target: Any = self.description
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            part = target
        return part

    def _stray(
        self, operation: dict[str, Any], query: list[tuple[str, str]], body: bytes | None
    ) -> Iterator[str]:
        known = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
        names = [name for name, _ in query]
        yield from (f"the parameter {name} is not known" for name in names if name not in known)
        yield from (f"the parameter {name} is given twice" for name in set(names) if names.count(name) > 1)
        if body and "requestBody" not in operation:
            yield "a body, where none is taken"


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    pairs = zip(wanted, given, strict=False)
    return len(wanted) == len(given) and all(
        want == give or (want.startswith("{") and give != "") for want, give in pairs
    )


def _reasons(error: BaseException) -> list[str]:
    """openapi-core's error says that something is wrong; what, is said by what it came from."""
    details = getattr(error.__cause__, "schema_errors", None) or getattr(error, "schema_errors", None)
    if details:
        return [f"{detail.json_path}: {detail.message}" for detail in details]
    return [" - ".join(dict.fromkeys(filter(None, (str(error), str(error.__cause__ or "")))))]
