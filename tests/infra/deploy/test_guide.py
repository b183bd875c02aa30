"""The commands, outputs, parameters and links in docs/deploy.md exist."""

import re

from infra.local.aws.table import read_template
from infra.package.recipe import ROOT

GUIDE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
TEMPLATE = read_template()


def test_each_make_command_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?m)^([a-z-]+):.*## ", makefile))

    assert set(re.findall(r"(?m)(?:`|^)make ([a-z-]+)", GUIDE)) <= targets


def test_each_output_and_parameter_is_in_the_template() -> None:
    outputs = set(TEMPLATE["Outputs"])
    assert set(re.findall(r"`(Secret\w+Arn|\w+Url)`", GUIDE)) <= outputs

    mentioned = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", GUIDE))
    assert mentioned <= set(TEMPLATE["Parameters"]) | outputs


def test_each_linked_file_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)", GUIDE)

    assert [link for link in links if "://" not in link and not (ROOT / "docs" / link).exists()] == []
