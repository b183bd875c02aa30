"""Health: what each worker checks about the services it uses, and the report that `doctor` shows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot import policies
from bot.domain.health import STORED_COMPONENTS, CheckStatus, Component, Finding, HealthCheck, Topic
from bot.domain.pauses import Pause
from bot.domain.people import AccessPolicy, Person, Right
from bot.domain.polling import ParkedRow
from bot.domain.records import EntityKind
from bot.errors import SecretUnavailable, SlackRefused, SwitchboardError
from bot.usecases.dependencies import Dependencies
from bot.usecases.ports.noyo import NoyoReader
from bot.usecases.ports.slack import SlackHealth
from bot.usecases.ports.storage import PeopleRepository

logger = logging.getLogger("switchboard")


Check = Callable[[], Iterable[Finding]]


def run_health_checks(component: Component, checks: Mapping[Topic, Check], deps: Dependencies) -> HealthCheck | None:
    """Run every check and save the findings. None if the last run is recent, or if the findings could not be saved."""
    try:
        return _checked(component, checks, deps)
    except Exception:
        # A health check that was not saved shows up as outdated in the health report.
        logger.exception("health check failed")
        return None


def _checked(component: Component, checks: Mapping[Topic, Check], deps: Dependencies) -> HealthCheck | None:
    now = int(deps.clock())
    last = deps.health.health_check(component)
    if last is not None and now - last.at < policies.HEALTH_CHECK_INTERVAL_SECONDS:
        return None
    findings = [finding for topic, check in checks.items() for finding in _run_check(topic, check)]
    found = HealthCheck(component, now, tuple(findings))
    deps.health.save(found)
    return found


def _run_check(topic: Topic, check: Check) -> list[Finding]:
    try:
        return list(check())
    except Exception as error:
        logger.warning("a health check raised an error", exc_info=True, extra={"kind": topic.value})
        words = str(error) if isinstance(error, SwitchboardError) else type(error).__name__
        return [Finding(topic, CheckStatus.FAILED, reason=words, check_failed=True)]


def clock_finding(topic: Topic, difference: float | None) -> Finding:
    """`difference` is their clock minus ours, in seconds; None if it is unknown."""
    if difference is None:
        return Finding(topic, CheckStatus.UNKNOWN)
    apart = round(difference)
    return Finding(
        topic,
        CheckStatus.OK if abs(apart) <= policies.CLOCK_DIFFERENCE_LIMIT_SECONDS else CheckStatus.FAILED,
        value=apart,
    )


def noyo_checks(
    *,
    read_secret: Callable[[], object],
    noyo: NoyoReader,
    clock_difference: Callable[[], float | None],
    unreserved: Callable[[], int | None],
) -> dict[Topic, Check]:
    """`unreserved` returns how many functions may run at once; None if the quota cannot be read."""
    return {
        Topic.SECRET: secret_check(read_secret),
        Topic.NOYO: lambda: _noyo(noyo, clock_difference),
        Topic.CONCURRENCY: lambda: [_concurrency(unreserved())],
    }


def secret_check(read_secret: Callable[[], object]) -> Check:
    def check() -> Iterator[Finding]:
        read_secret()
        yield Finding(Topic.SECRET, CheckStatus.OK)

    return check


def _noyo(noyo: NoyoReader, clock_difference: Callable[[], float | None]) -> Iterator[Finding]:
    """Reads the smallest page, which needs a valid token and an answer."""
    noyo.newest(EntityKind.CONNECTION, offset=0, page_size=1)
    yield Finding(Topic.NOYO, CheckStatus.OK)
    yield clock_finding(Topic.NOYO_CLOCK, clock_difference())


def _concurrency(unreserved: int | None) -> Finding:
    if unreserved is None:
        return Finding(Topic.CONCURRENCY, CheckStatus.UNKNOWN)
    verdict = CheckStatus.OK if unreserved >= policies.REQUIRED_CONCURRENCY else CheckStatus.FAILED
    return Finding(Topic.CONCURRENCY, verdict, value=unreserved)


NAMED_FOR = (Right.REQUEST, Right.APPROVE, Right.ADMINISTER)


def slack_checks(
    *, read_secret: Callable[[], object], slack: SlackHealth, channels: Mapping[str, str], deps: Dependencies
) -> dict[Topic, Check]:
    """`channels` are channel ids by the name of their setting."""
    return {
        Topic.SECRET: lambda: _secret(read_secret),
        Topic.TOKEN: lambda: _token(slack),
        Topic.CHANNEL: lambda: (_channel(name, channel, slack) for name, channel in channels.items()),
        Topic.GROUP: lambda: _groups(deps),
        Topic.PEOPLE: lambda: _people(deps),
    }


def _secret(read_secret: Callable[[], object]) -> Iterator[Finding]:
    read_secret()
    yield Finding(Topic.SECRET, CheckStatus.OK)


def _token(slack: SlackHealth) -> Iterator[Finding]:
    token = slack.token()
    yield Finding(Topic.TOKEN, CheckStatus.OK)
    if token.missing_scopes is None:
        yield Finding(Topic.SCOPES, CheckStatus.UNKNOWN)
    else:
        verdict = CheckStatus.FAILED if token.missing_scopes else CheckStatus.OK
        yield Finding(Topic.SCOPES, verdict, affected=token.missing_scopes)
    yield clock_finding(Topic.SLACK_CLOCK, token.clock_difference)


def _channel(name: str, channel: str, slack: SlackHealth) -> Finding:
    try:
        member = slack.is_member(channel)
    except SlackRefused as refusal:
        return Finding(Topic.CHANNEL, CheckStatus.FAILED, (name, channel), reason=refusal.code)
    return Finding(Topic.CHANNEL, CheckStatus.OK if member else CheckStatus.FAILED, (name, channel))


def _groups(deps: Dependencies) -> Iterator[Finding]:
    """From the last scheduled refresh; a group that Slack no longer knows has no members."""
    people, policy, now = deps.people, deps.policy, deps.now()
    known = people.members(policy.all_groups)
    for group_id in sorted(policy.all_groups):
        members = known.get(group_id)
        if members is None or now - members.read_at > policies.GROUP_MEMBERS_FRESH_SECONDS:
            yield Finding(Topic.GROUP, CheckStatus.FAILED, (group_id,), reason="unreadable")
        elif not members.user_ids:
            yield Finding(Topic.GROUP, CheckStatus.FAILED, (group_id,), reason="empty")
        else:
            yield Finding(Topic.GROUP, CheckStatus.OK, (group_id,))


def _people(deps: Dependencies) -> Iterator[Finding]:
    """Each run reads some people again; the others are as stored in the table."""
    people, user_directory, policy, now = deps.people, deps.user_directory, deps.policy, deps.now()
    left = policies.HEALTH_CHECK_PEOPLE_PER_RUN
    gone, unknown = [], []
    for user_id in _named(people, policy):
        person = people.person(user_id)
        if person is None or now - person.read_at > policies.HEALTH_CHECK_PERSON_FRESH_SECONDS:
            if not left:
                unknown.append(user_id)
                continue
            left -= 1
            person = user_directory.read_person(user_id)
            if person is not None:
                people.save_person(person)
        if person is None or not _may_act(person, policy):
            gone.append(user_id)
    if gone:
        yield Finding(Topic.PEOPLE, CheckStatus.FAILED, tuple(gone))
    if unknown:
        yield Finding(Topic.PEOPLE, CheckStatus.UNKNOWN, value=len(unknown))
    if not gone and not unknown:
        yield Finding(Topic.PEOPLE, CheckStatus.OK)


def _may_act(person: Person, policy: AccessPolicy) -> bool:
    here = person.team_id == policy.team_id
    return here and not (person.is_deactivated or person.is_guest or person.is_bot)


def _named(people: PeopleRepository, policy: AccessPolicy) -> list[str]:
    """Everyone named for a right, directly or through a user group."""
    named = {user_id for right in NAMED_FOR for user_id in policy.holders(right)} - policy.all_groups
    members = people.members(policy.all_groups).values()
    return sorted(named.union(*(group.user_ids for group in members)))


LISTS = (EntityKind.CONNECTION, EntityKind.DISCONNECTION)


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The state at `at` (Unix seconds). A list that was never polled completely has no time in `polled`."""

    at: int
    health_checks: dict[Component, HealthCheck | None]
    polled_at: dict[EntityKind, int | None]
    parked: dict[EntityKind, list[ParkedRow]]
    oldest_operation: int | None
    oldest_event: int | None
    oldest_deferred: int | None
    active_pause: Pause | None


def health_report(deps: Dependencies) -> HealthReport:
    now = int(deps.clock())
    cursors = {kind: deps.polling.cursor(kind) for kind in LISTS}
    return HealthReport(
        at=now,
        health_checks={
            **{component: deps.health.health_check(component) for component in STORED_COMPONENTS},
            Component.RECEIVER: HealthCheck(Component.RECEIVER, now, tuple(_secrets(deps))),
        },
        polled_at={kind: cursor.finished_at if cursor else None for kind, cursor in cursors.items()},
        parked={kind: deps.polling.parked(kind) for kind in LISTS},
        oldest_operation=deps.operations.oldest_due(now),
        oldest_event=deps.outbox.oldest_due(now),
        oldest_deferred=deps.operations.oldest_deferred_due(now),
        active_pause=deps.sending_guard.active_pause(),
    )


def _secrets(deps: Dependencies) -> Iterator[Finding]:
    for read in deps.secret_checks:
        try:
            read()
        except SecretUnavailable as unreadable:
            yield Finding(Topic.SECRET, CheckStatus.FAILED, reason=str(unreadable), check_failed=True)
        else:
            yield Finding(Topic.SECRET, CheckStatus.OK)
