"""Summarizes an OpenAPI description as text for each operation and record, so that two can be compared."""

from collections.abc import Iterator, Mapping
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
Facts = dict[str, dict[str, str]]
"""For each subject ("PUT /api/v1/…", "record connection") its parts, with a description of each."""


class Distiller:
    """`names` maps schemas to records: {"GroupResult": "group"}."""

    def __init__(self, description: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self._description = description
        self._names = names

    def facts(self) -> Facts:
        operations = {
            f"{method.upper()} {path}": dict(self._operation(item, item[method]))
            for path, item in self._description["paths"].items()
            for method in METHODS
            if method in item
        }
        schemas = self._description["components"]["schemas"]
        records = {
            f"record {name}": dict(self._fields(schemas[schema]))
            for schema, name in self._names.items()
            if schema in schemas
        }
        return operations | records

    def _operation(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for given in [*item.get("parameters", ()), *operation.get("parameters", ())]:
            parameter = self._resolved(given)
            required = " required" if parameter.get("required") else ""
            location, name = parameter["in"], parameter["name"]
            yield f"{location} {name}", self._words(parameter["schema"]) + required
        yield from self._body(operation)
        for status, given in operation["responses"].items():
            if str(status).startswith("2"):
                content = self._resolved(given)["content"]["application/json"]
                yield f"answer {status}", self._answer(content["schema"])

    def _body(self, operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        body = operation.get("requestBody")
        if body is None:
            return
        yield "body", "required" if body.get("required") else "optional"
        for field, words in self._fields(body["content"]["application/json"]["schema"]):
            yield f"body {field}", words

    def _answer(self, schema: Mapping[str, Any]) -> str:
        name = self._name(schema)
        if name in self._names:
            return self._names[name]
        whole = self._resolved(schema)
        if "anyOf" in whole:
            return " or ".join(self._answer(part) for part in whole["anyOf"])
        if whole.get("type") == "array":
            return f"list of {self._answer(whole['items'])}"
        return f"page of {self._names[self._name(whole['properties']['response']['items'])]}"

    def _fields(self, given: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
        schema = self._resolved(given)
        required = schema.get("required", ())
        properties = schema.get("properties", {})
        for name in sorted({*properties, *required}):
            inner = properties.get(name, {})
            yield prefix + name, self._words(inner) + (" required" if name in required else "")
            whole = self._resolved(inner)
            if "properties" in whole:
                yield from self._fields(whole, f"{prefix}{name}.")
            elif "items" in whole:
                yield from self._fields(whole["items"], f"{prefix}{name}[].")

    def _words(self, given: Mapping[str, Any]) -> str:
        schema = self._resolved(given)
        if "enum" in schema:
            return "|".join(sorted(schema["enum"]))
        types = schema.get("type", "anything")
        names = [types] if isinstance(types, str) else types
        plain = [schema.get("format", name) if name == "string" else name for name in names if name != "null"]
        return " or ".join([*plain, "null"] if "null" in names or schema.get("nullable") else plain)

    def _name(self, schema: Mapping[str, Any]) -> str:
        return str(schema.get("$ref", "")).rpartition("/")[2]

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if "allOf" in schema:
            schema = schema["allOf"][0]
        if "$ref" not in schema:
            return schema
        target: Any = self._description
        for name in schema["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return self._resolved(target)


def differences(described: Facts, ours: Facts, *, all_parts: bool = True) -> set[tuple[str, str, str, str]]:
    """(subject, part, vendor's, ours) for each difference; "-" where one side does not mention it.

    `all_parts` False compares only the parts that the vendor describes.
    """
    return {
        (what, part, parts.get(part, "-"), ours.get(what, {}).get(part, "-"))
        for what, parts in described.items()
        for part in (parts.keys() | ours.get(what, {}).keys() if all_parts else parts.keys())
        if parts.get(part, "-") != ours.get(what, {}).get(part, "-")
    }
