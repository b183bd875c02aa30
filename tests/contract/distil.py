"""Summarizes an OpenAPI description as text for each operation and record, so that two can be compared."""

from collections.abc import Iterator, Mapping
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
Facts = dict[str, dict[str, str]]
"""The parts of each operation and record ("PUT /api/v1/…", "record connection"), with a description of each part."""


class Summarizer:
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
        for schema_or_reference in [*item.get("parameters", ()), *operation.get("parameters", ())]:
            parameter = self._resolved(schema_or_reference)
            required = " required" if parameter.get("required") else ""
            location, name = parameter["in"], parameter["name"]
            yield f"{location} {name}", self._type_text(parameter["schema"]) + required
        yield from self._body(operation)
        for status, schema_or_reference in operation["responses"].items():
            if str(status).startswith("2"):
                content = self._resolved(schema_or_reference)["content"]["application/json"]
                yield f"answer {status}", self._answer(content["schema"])

    def _body(self, operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        body = operation.get("requestBody")
        if body is None:
            return
        yield "body", "required" if body.get("required") else "optional"
        for field, type_text in self._fields(body["content"]["application/json"]["schema"]):
            yield f"body {field}", type_text

    def _answer(self, schema: Mapping[str, Any]) -> str:
        name = self._name(schema)
        if name in self._names:
            return self._names[name]
        resolved = self._resolved(schema)
        if "anyOf" in resolved:
            return " or ".join(self._answer(part) for part in resolved["anyOf"])
        if resolved.get("type") == "array":
            return f"list of {self._answer(resolved['items'])}"
        return f"page of {self._names[self._name(resolved['properties']['response']['items'])]}"

    def _fields(self, schema_or_reference: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
        schema = self._resolved(schema_or_reference)
        required = schema.get("required", ())
        properties = schema.get("properties", {})
        for name in sorted({*properties, *required}):
            inner = properties.get(name, {})
            yield prefix + name, self._type_text(inner) + (" required" if name in required else "")
            resolved = self._resolved(inner)
            if "properties" in resolved:
                yield from self._fields(resolved, f"{prefix}{name}.")
            elif "items" in resolved:
                yield from self._fields(resolved["items"], f"{prefix}{name}[].")

    def _type_text(self, schema_or_reference: Mapping[str, Any]) -> str:
        schema = self._resolved(schema_or_reference)
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
    """(operation or record, part, vendor's, ours) for each difference; "-" where one side does not mention it.

    `all_parts` False compares only the parts that the vendor describes.
    """
    return {
        (entry, part, parts.get(part, "-"), ours.get(entry, {}).get(part, "-"))
        for entry, parts in described.items()
        for part in (parts.keys() | ours.get(entry, {}).keys() if all_parts else parts.keys())
        if parts.get(part, "-") != ours.get(entry, {}).get(part, "-")
    }
