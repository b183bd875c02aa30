"""The large data set in a running stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.local.datasets import LARGE
from infra.local.datasets.loading import is_loaded, loaded_stack
from infra.local.stack import LocalStack
from tests.infra.local.waiting import wait_until


@contextmanager
def large_stack(**options: Any) -> Iterator[LocalStack]:
    """A running stack whose bot has loaded 9,000 connections; it takes half a minute. `options` are `LocalStack`'s.

    For `long` tests, with the fixture `restored_logging`.
    """
    with loaded_stack(LARGE, **options) as stack:
        assert wait_until(lambda: is_loaded(stack), 90)
        yield stack
