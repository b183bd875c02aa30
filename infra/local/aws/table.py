"""Creates the table from its resource in template.yaml, and reads the template."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parents[3] / "template.yaml"
# The properties that the code depends on; local engines need no encryption, backups and tags.
ENGINE_PROPERTIES = {
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "StreamSpecification",
}


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms (`!Ref Table`) as their long forms."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


def read_template(path: Path = TEMPLATE) -> dict[str, Any]:
    template: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    return template


def with_defaults(template: dict[str, Any], value: Any) -> Any:
    """A value of the template with all parameters at their defaults."""
    match value:
        case {"Ref": str(name)} if name in template.get("Parameters", {}):
            return template["Parameters"][name]["Default"]
        case {"Fn::FindInMap": [mapping, first, second]}:
            return template["Mappings"][mapping][with_defaults(template, first)][second]
    return value


@cache
def _table_of(path: Path) -> dict[str, Any]:
    """Cached: reading the template takes longer than creating a table."""
    properties: dict[str, Any] = read_template(path)["Resources"]["Table"]["Properties"]
    return properties


def create_table(client: Any, template_path: Path = TEMPLATE, name: str = "switchboard") -> None:
    """Creates the template's `Table` under this name, with a botocore `dynamodb` client."""
    properties = _table_of(template_path)
    created = {key: value for key, value in properties.items() if key in ENGINE_PROPERTIES}
    created["StreamSpecification"] = {"StreamEnabled": True} | properties["StreamSpecification"]
    client.create_table(TableName=name, **created)
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"])
