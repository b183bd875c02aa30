"""Each dependency is locked, and CONTRIBUTING.md states its purpose and licence."""

import re
import tomllib

from tests.architecture import tree

PROJECT = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())
APP = PROJECT["project"]["dependencies"]
DEV = PROJECT["dependency-groups"]["dev"]
SET_UP = PROJECT["dependency-groups"]["set-up"]
DEPLOY = PROJECT["dependency-groups"]["deploy"]
RECEIVER = PROJECT["dependency-groups"]["receiver"]
TEMPLATE = PROJECT["dependency-groups"]["template"]


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


def locked(file: str) -> dict[str, str]:
    text = (tree.ROOT / "requirements" / file).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", text, flags=re.MULTILINE))


def explained() -> dict[str, str]:
    text = (tree.ROOT / "CONTRIBUTING.md").read_text()
    return dict(re.findall(r"^\| `([a-z0-9-]+)` \| [^|]+ \| ([^|]+) \|$", text, flags=re.MULTILINE))


def test_exactly_the_dependencies_are_listed_with_purpose_and_licence() -> None:
    assert set(explained()) == names([*APP, *DEV, *SET_UP, *DEPLOY, *TEMPLATE])


def test_every_dependency_is_locked() -> None:
    assert names(APP) <= set(locked("app.txt"))
    assert names([*APP, *DEV]) <= set(locked("dev.txt"))
    assert names(SET_UP) == set(locked("uv.txt"))
    assert names(DEPLOY) <= set(locked("deploy.txt"))
    assert names(RECEIVER) <= set(locked("receiver.txt"))
    assert names(TEMPLATE) <= set(locked("template.txt"))


def test_the_tests_use_the_deployed_releases() -> None:
    development = locked("dev.txt")

    assert {name: development.get(name) for name in locked("app.txt")} == locked("app.txt")


def test_every_locked_release_has_hashes() -> None:
    for file in ("app.txt", "receiver.txt", "dev.txt", "uv.txt", "deploy.txt", "template.txt"):
        releases = re.split(r"\n(?=[a-z0-9])", (tree.ROOT / "requirements" / file).read_text())
        assert [release for release in releases if "--hash=sha256:" not in release] == []
