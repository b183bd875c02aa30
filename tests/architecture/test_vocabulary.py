"""Old terms stay away, from identifiers and from what people read. A failure counts the uses of each term."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

import pytest

from tests.architecture import tree, vocabulary
from tests.architecture.vocabulary import FILES, NAMES, PHRASES, WORDS, Hit

OWN = {"tests/architecture/vocabulary.py", "tests/architecture/test_vocabulary.py"}
SHOWN = 3
PYTHON = {
    path.relative_to(tree.ROOT).as_posix(): path.read_text()
    for path in tree.modules("bot", "handlers", "infra", "tests").values()
    if path.relative_to(tree.ROOT).as_posix() not in OWN
}
DOCUMENTS = [
    *sorted(tree.ROOT.glob("*.md")),
    *sorted((tree.ROOT / "docs").glob("*.md")),
    *(tree.ROOT / name for name in ("Makefile", "template.yaml", "infra/guards.toml")),
]


def report(hits: Iterable[Hit], better: Mapping[str, str]) -> str:
    """A line for each term, the most frequent first: how often, what to write instead, and some of the locations."""
    locations = defaultdict(list)
    for term, location in hits:
        locations[term].append(location)
    counted = sorted(locations.items(), key=lambda item: -len(item[1]))
    lines = [f"{len(at):5} {term} → {better[term]}: {', '.join(at[:SHOWN])}" for term, at in counted]
    return "\n".join([f"{sum(map(len, locations.values()))} uses of {len(locations)} old terms", *lines])


def refuse(hits: list[Hit], better: Mapping[str, str]) -> None:
    if hits:
        pytest.fail(report(hits, better), pytrace=False)


def test_no_identifier_uses_an_old_term() -> None:
    hits = [
        (term, f"{path}:{line} {name}")
        for path, source in PYTHON.items()
        for line, name in vocabulary.identifiers(source)
        for term in vocabulary.old_in_identifier(name)
    ] + [
        (term, f"template.yaml:{line} {name}")
        for line, name in vocabulary.template_names((tree.ROOT / "template.yaml").read_text())
        for term in vocabulary.old_in_identifier(name)
    ]

    refuse(hits, WORDS | NAMES)


def test_no_file_is_named_by_an_old_term() -> None:
    refuse(
        [(term, path) for path in PYTHON for term in vocabulary.old_in_file_name(PurePosixPath(path))], WORDS | FILES
    )


def test_no_document_uses_an_old_term() -> None:
    hits = [
        (term, f"{path.relative_to(tree.ROOT)}:{line}")
        for path in DOCUMENTS
        for line, text in enumerate(path.read_text().splitlines(), 1)
        for term in vocabulary.old_in_text(text)
    ]

    refuse(hits, PHRASES)


def test_no_comment_or_text_in_the_code_uses_an_old_term() -> None:
    hits = [
        (term, f"{path}:{line}")
        for path, source in PYTHON.items()
        for line, text in vocabulary.texts(source)
        for term in vocabulary.old_in_text(text)
    ]

    refuse(hits, PHRASES)


@pytest.mark.parametrize(
    ("source", "terms"),
    [
        ("class PlaceKey: ...", {"place"}),
        ("def _carry_out(asker): ...", {"carry out", "asker"}),
        ("self.news_late = OFFICE = 1", {"news", "office"}),
        ("for _, made in pairs: ...", {"made"}),
        ("[one for one in found]", {"one"}),
        ("import a as desk", {"desk"}),
        ("try: ...\nexcept E as told: ...", {"told"}),
        ("match a:\n    case [*_] as deed: ...", {"deed"}),
        ("LAPSE = 1", {"LAPSE"}),
        ("def test_people_look_at_the_news(): ...", set()),
        ("self.state_machine = look_up(placeholder)", set()),
        ("PAYMENT_LAPSE = made_up_id = everyone = 1", set()),
        ("news.tell(place=desk)", set()),
    ],
)
def test_an_old_term_is_found_where_something_is_named(source: str, terms: set[str]) -> None:
    found = {term for _, name in vocabulary.identifiers(source) for term in vocabulary.old_in_identifier(name)}

    assert found == terms


@pytest.mark.parametrize(
    ("source", "terms"),
    [
        ('"""The news of it."""', {"news"}),
        ("a = 1  # whence it came", {"whence"}),
        ("def test_the_deed_is_in_the_audit_trail(): ...", {"deed", "trail"}),
        ("a = f'{b} Noyo has it'", {"noyo has it"}),
        ("# It was shut down; the newsletter tells of doormats.", set()),
    ],
)
def test_an_old_term_is_found_in_comments_texts_and_names_of_tests(source: str, terms: set[str]) -> None:
    assert {term for _, text in vocabulary.texts(source) for term in vocabulary.old_in_text(text)} == terms


@pytest.mark.parametrize(
    ("path", "terms"),
    [
        ("tests/usecases/test_carry_out.py", {"carry out"}),
        ("bot/usecases/steps.py", {"steps"}),
        ("tests/fixtures/take_snapshot.py", set()),
        ("infra/deploy/stages.py", set()),
    ],
)
def test_an_old_term_is_found_in_the_name_of_a_file(path: str, terms: set[str]) -> None:
    assert vocabulary.old_in_file_name(PurePosixPath(path)) == terms


def test_a_report_lists_the_most_frequent_term_first_with_the_better_one() -> None:
    lines = report([("lest", "a:1"), ("news", "b:1"), ("news", "b:2")], {"lest": "plain", "news": "event"})

    assert lines.splitlines() == ["3 uses of 2 old terms", "    2 news → event: b:1, b:2", "    1 lest → plain: a:1"]
