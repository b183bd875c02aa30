"""The pictures of the documents."""

import re
from pathlib import Path

import pytest

from infra.local.gallery.page import gallery
from infra.local.gallery.pictures import PICTURES, take_pictures

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "docs" / "pictures"
LARGEST = 400_000
"""Bytes of all pictures together."""


def test_the_readme_shows_every_picture_with_a_description() -> None:
    shown = re.findall(r"!\[([^]]+)\]\(docs/pictures/([\w-]+\.png)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert {name for _, name in shown} == set(PICTURES) == {path.name for path in FOLDER.iterdir()}
    assert all(len(description) > 40 for description, _ in shown)
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < LARGEST


def test_every_picture_shows_entries_of_the_gallery() -> None:
    entries = {entry["id"] for section in gallery() for entry in section["entries"]}
    assert {entry for shown in PICTURES.values() for entry in shown} <= entries


@pytest.mark.browser
@pytest.mark.timeout(120)
def test_the_pictures_are_the_same_each_time(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        take_pictures(tmp_path / folder)
    for name in PICTURES:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
