"""Every lease, timeout, page size, retry limit and retention of Switchboard, in one table.

Seconds unless a name says otherwise. Limits of Slack's Block Kit belong to `bot.slack.views`; what a deployment may
choose is a setting (`bot.settings`). `tests/test_policies.py` checks the values that `template.yaml` repeats.
"""

from __future__ import annotations

# ---------------------------------------------------------------- calls to Noyo

NOYO_MAX_TIMEOUT_SECONDS = 30
"""The largest NOYO_TIMEOUT_SECONDS: the lease of an operation and its function's timeout allow for no more."""
NOYO_MIN_TIMEOUT_SECONDS = 0.1
"""A read that is almost out of time still gets this long, so that it fails with a time-out of its own."""
NOYO_MAX_CONNECT_SECONDS = 5.0
"""Connecting takes milliseconds; if it takes this long, Noyo is unreachable and nothing was sent."""
NOYO_TOKEN_TIMEOUT_SECONDS = 10.0
"""The token endpoint answers within a second; a slower answer must not use up the time of the call itself."""
NOYO_TOKEN_MAX_AGE_SECONDS = 600.0
"""Noyo's documented lifetime of a token, whatever its `expires_in` says."""
NOYO_TOKEN_RENEW_BEFORE_SECONDS = 30.0
"""A token is renewed this long before it expires, so that it cannot expire on its way."""
NOYO_READ_ATTEMPTS = 4
"""Reads are safe to repeat; more attempts than this do not fit into `NOYO_READ_TIMEOUTS`."""
NOYO_READ_TIMEOUTS = 2
"""All attempts and pauses of one read together take no longer than this many NOYO_TIMEOUT_SECONDS."""
NOYO_READ_FIRST_PAUSE_SECONDS = 0.5
"""Doubles with each attempt."""
NOYO_RETRY_AFTER_MAX_SECONDS = 3600
"""A longer `Retry-After` is taken for a mistake: it must not delay an operation for days."""
NOYO_MAX_RESPONSE_BYTES = 8 * 1024 * 1024
"""Far more than a full page; a larger body would exhaust the function's memory."""
NOYO_MAX_IDS = 50
"""More ids than this do not fit into the URL of one request."""
NOYO_MAX_PAGES = 200
"""A list that goes on for more pages than this has no end."""

# ---------------------------------------------------------------- webhooks from Noyo

WEBHOOK_MAX_BODY_BYTES = 64 * 1024
"""Noyo's events have a few hundred bytes; nothing larger is hashed."""
WEBHOOK_MAX_HEADER_BYTES = 2048
"""Timestamp and signatures together; several signatures are possible while a secret is rotated."""
