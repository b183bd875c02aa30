"""Keys: each kind in a partition of its own, nothing too long, nothing mistaken for another."""

import pytest

from bot.domain.subjects import Kind, Subject, connection, disconnection, request
from bot.store import keys
from bot.store.keys import KEY_BYTES, Key, fitting, in_order
from tests.store.made import AWKWARD


def test_each_kind_of_item_has_the_partition_that_permissions_name() -> None:
    subject = connection("c")

    assert keys.state(subject) == Key("CONNECTION#c", "STATE")
    assert keys.state(disconnection("d")) == Key("DISCONNECTION#d", "STATE")
    assert keys.version(subject, 7, "v") == Key("VERSIONS#connection#c", "000000000007#v")
    assert keys.operation("o") == Key("OPERATION#o", "STATE")
    assert keys.lock(subject) == Key("LOCK#connection:c", "LOCK")
    assert keys.last(subject) == Key("LOCK#connection:c", "LAST")
    assert keys.news("n") == Key("NEWS#n", "NEWS")
    assert keys.delivery("C1", "k") == Key("DELIVERY#C1", "k")
    assert keys.user("U1") == Key("USER#U1", "USER")
    assert keys.members("S1") == Key("MEMBERS#S1", "MEMBERS")
    assert keys.cursor(Kind.CONNECTION) == Key("CURSOR#connection", "CURSOR")
    assert keys.parked(Kind.DISCONNECTION, "r") == Key("PARKED#disconnection", "r")
    assert keys.audit(subject, 7, "a") == Key("AUDIT#connection:c", "000000000007#a")
    assert keys.word("acme", subject) == Key("WORD#acm", "acme#connection#c")


@pytest.mark.parametrize("subject", [connection("c"), disconnection("d#e")])
def test_a_states_partition_tells_its_subject(subject: Subject) -> None:
    assert keys.subject_of_state(keys.state(subject).pk) == subject


@pytest.mark.parametrize("awkward", AWKWARD)
def test_text_of_any_length_fits_and_stays_itself(awkward: str) -> None:
    other = f"{awkward}."

    assert len(fitting(awkward).encode()) <= KEY_BYTES
    assert fitting(awkward) != fitting(other)
    assert fitting(request("c", awkward).key) == fitting(request("c", awkward).key)


def test_letters_of_many_bytes_are_not_cut_in_the_middle() -> None:
    for length in range(200, 230):
        text = "é" + "🏥" * length
        assert len(fitting(text).encode("utf-8", "strict")) <= KEY_BYTES


def test_numbers_in_keys_sort_as_numbers_do() -> None:
    numbers = [0, 9, 10, 1_800_000_000, 10**11]

    assert sorted(map(in_order, numbers)) == [in_order(number) for number in numbers]
