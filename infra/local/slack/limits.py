"""Slack's limits, and meters that say when a call exceeds one."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

TIER_2 = frozenset({"usergroups.list", "usergroups.users.list", "users.list"})
TIER_3 = frozenset(
    {"chat.delete", "conversations.history", "conversations.info", "conversations.open", "conversations.replies"}
)


@dataclass(frozen=True)
class Limits:
    """Calls are counted for each method. Seconds are measured by the fake's clock unless they are real."""

    message_burst: int = 5
    per_second: float = 1.0
    posts_per_minute: int = 300
    updates_per_minute: int = 50
    tier_2_per_minute: int = 20
    tier_3_per_minute: int = 50
    tier_4_per_minute: int = 100
    ack_seconds: float = 3.0
    trigger_seconds: float = 3.0
    response_url_uses: int = 5
    response_url_seconds: float = 1800.0
    views_on_stack: int = 3
    metadata_bytes: int = 8000
    longest_text: int = 40_000
    longest_updated_text: int = 4000
    largest_history: int = 999
    event_retry_pauses: tuple[float, ...] = (0.0, 60.0, 300.0)
    hang_up_seconds: float = 10.0  # real seconds, for a bot that never answers

    def per_minute(self, method: str) -> int:
        if method == "chat.update":
            return self.updates_per_minute
        if method == "chat.postMessage":
            return self.posts_per_minute
        if method in TIER_2:
            return self.tier_2_per_minute
        if method in TIER_3:
            return self.tier_3_per_minute
        return self.tier_4_per_minute


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


@dataclass
class RateMeters:
    """Each method returns the whole seconds to wait, 0 if the call is allowed. Refused calls are not counted."""

    limits: Limits
    _calls: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def wait_for_method(self, method: str, now: float) -> int:
        calls = self._calls[method]
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= self.limits.per_minute(method):
            return max(1, math.ceil(calls[0] + 60 - now))
        calls.append(now)
        return 0

    def wait_for_post(self, channel_id: str, now: float) -> int:
        """Allows one message a second for each channel, and a small burst."""
        burst = self.limits.message_burst
        bucket = self._buckets.setdefault(channel_id, _Bucket(float(burst), now))
        gained = max(0.0, now - bucket.filled_at) * self.limits.per_second
        bucket.tokens, bucket.filled_at = min(float(burst), bucket.tokens + gained), now
        if bucket.tokens < 1:
            return max(1, math.ceil((1 - bucket.tokens) / self.limits.per_second))
        bucket.tokens -= 1
        return 0
