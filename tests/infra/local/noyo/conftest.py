"""Fixtures: a Noyo fake for each test, with a clock that the test advances."""

from collections.abc import Iterator

import httpx
import pytest

from infra.local.noyo import NoyoFake
from tests.infra.local.noyo.calling import Caller, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def noyo(clock: Clock) -> Iterator[NoyoFake]:
    with NoyoFake(clock=clock) as running:
        yield running


@pytest.fixture
def call(noyo: NoyoFake) -> Iterator[Caller]:
    # There is no TLS here, and loading the certificates is what makes a client slow to create.
    with httpx.Client(trust_env=False, verify=False, timeout=10) as http:
        yield Caller(noyo, http)
