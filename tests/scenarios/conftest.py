from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system import ANA, BEN, System


@pytest.fixture
def system() -> Iterator[System]:
    """A system whose first poll is over; Ana and Ben are approvers, and Ana is an admin."""
    with System(APPROVERS=f"{ANA},{BEN}", ADMINS=ANA) as started:
        started.settle(10)
        yield started
