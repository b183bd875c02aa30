"""The carriers in use stay in use while a newer file has a problem, and the problem ends when the file is corrected."""

from __future__ import annotations

import json

import pytest

from bot.domain.carriers_file import MAX_PROBLEM, CarriersFile, CarriersProblem

GUARDIAN = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
NOW = 1_790_000_000
GOOD = json.dumps({GUARDIAN: "Guardian"}, indent=4)
READ = CarriersFile().with_content(GOOD, "tag 1", NOW)
MISTAKE = '{"guardian": "Guardian"}'


def test_a_file_without_mistakes_is_in_use_at_once() -> None:
    assert (READ.carriers().name(GUARDIAN), READ.since, READ.problem) == ("Guardian", NOW, None)
    assert READ.text == f'{{"{GUARDIAN}":"Guardian"}}'
    assert READ.unchanged_tag == "tag 1"


def test_a_file_with_mistakes_leaves_the_last_one_in_use() -> None:
    mistaken = READ.with_content(MISTAKE, "tag 2", NOW + 60)

    assert mistaken.carriers() == READ.carriers()
    assert mistaken.since == NOW
    assert mistaken.problem == CarriersProblem(
        "guardian must be the id of a carrier at Noyo, with its name", NOW + 60, unreadable=False
    )


def test_while_there_is_a_problem_the_file_is_read_whole_each_time() -> None:
    """After an upgrade the same file may be acceptable."""
    mistaken = READ.with_content(MISTAKE, "tag 2", NOW + 60)

    assert mistaken.unchanged_tag == READ.with_failed_read("no answer", NOW).unchanged_tag == ""
    assert mistaken.with_content(MISTAKE, "tag 2", NOW + 120) == mistaken


@pytest.mark.parametrize("problem", [READ.with_content(MISTAKE, "tag 2", NOW), READ.with_failed_read("why", NOW)])
def test_a_corrected_file_ends_the_problem(problem: CarriersFile) -> None:
    changed = json.dumps({GUARDIAN: "Guardian Life"})

    assert problem.with_content(GOOD, "tag 1", NOW + 60) == READ
    corrected = problem.with_content(changed, "tag 3", NOW + 60)
    assert corrected.carriers().name(GUARDIAN) == "Guardian Life"
    assert (corrected.since, corrected.problem) == (NOW + 60, None)


def test_the_time_of_a_problem_is_that_of_the_first_file_with_mistakes() -> None:
    first = READ.with_content(MISTAKE, "tag 2", NOW + 60)
    second = first.with_content("{", "tag 3", NOW + 120)

    assert second.problem is not None
    assert (second.problem.words[:6], second.problem.since) == ("line 1", NOW + 60)
    unreadable = second.with_failed_read("no answer", NOW + 180)
    assert unreadable.problem == CarriersProblem("no answer", NOW + 180, unreadable=True)


def test_a_long_list_of_mistakes_is_cut() -> None:
    long = json.dumps({f"carrier {number}": "name" for number in range(500)})

    problem = READ.with_content(long, "tag 2", NOW).problem
    assert problem is not None
    assert len(problem.words) == MAX_PROBLEM


def test_stored_carriers_that_this_release_does_not_accept_are_read_again() -> None:
    of_newer = CarriersFile(f'{{"{GUARDIAN}": {{"name": "Guardian", "portal": "x"}}}}', "tag", NOW)

    assert of_newer.unchanged_tag == ""
    with pytest.raises(ValueError, match="unknown key portal"):
        of_newer.carriers()
