"""Botocore's clients, with every time-out named and botocore's own repeats off."""

from __future__ import annotations

from typing import Any

from bot.dynamodb.timeouts import TimeoutPolicy


def aws_client(service: str, *, region: str, endpoint_url: str | None, timeouts: TimeoutPolicy) -> Any:
    """One attempt a call: repeats are the caller's, who knows what a lost answer means and how much time is left."""
    # Loaded here, since the session is what takes long, and a process that needs no client should not wait for it.
    import botocore.session
    from botocore.config import Config

    config = Config(
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.read,
        retries={"total_max_attempts": 1},
        parameter_validation=False,
        tcp_keepalive=True,
    )
    session = botocore.session.Session()
    return session.create_client(service, region_name=region, endpoint_url=endpoint_url, config=config)
