"""Use case: what the worker that posts to Slack looks after: its token, its channels, and who may do what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bot.domain.checkups import Finding, Topic, Verdict
from bot.domain.people import MEMBERS_FRESH_SECONDS, Person, Policy, Right
from bot.errors import SlackRefused
from bot.ports import Clock, KeepsPeople, ReadsPeople, ReadsSlack
from bot.usecases.check_up import Look, clock_finding

PEOPLE_READ_AT_ONCE = 10
PERSON_KNOWN_SECONDS = 12 * 3600
NAMED_FOR = (Right.REQUEST, Right.APPROVE, Right.ADMINISTER)


def slack_looks(
    *,
    read_secret: Callable[[], object],
    slack: ReadsSlack,
    channels: Mapping[str, str],
    people: KeepsPeople,
    reads_people: ReadsPeople,
    policy: Policy,
    clock: Clock,
) -> dict[Topic, Look]:
    """`channels`: the id of each by the setting that names it."""
    return {
        Topic.SECRET: lambda: _secret(read_secret),
        Topic.TOKEN: lambda: _token(slack),
        Topic.CHANNEL: lambda: (_channel(name, channel, slack) for name, channel in channels.items()),
        Topic.GROUP: lambda: _groups(people, policy, int(clock())),
        Topic.PEOPLE: lambda: _people(people, reads_people, policy, int(clock())),
    }


def _secret(read_secret: Callable[[], object]) -> Iterator[Finding]:
    read_secret()
    yield Finding(Topic.SECRET, Verdict.GOOD)


def _token(slack: ReadsSlack) -> Iterator[Finding]:
    token = slack.token()
    yield Finding(Topic.TOKEN, Verdict.GOOD)
    if token.lacking is None:
        yield Finding(Topic.SCOPES, Verdict.UNKNOWN)
    else:
        verdict = Verdict.BAD if token.lacking else Verdict.GOOD
        yield Finding(Topic.SCOPES, verdict, about=token.lacking)
    yield clock_finding(Topic.SLACK_CLOCK, token.clock_difference)


def _channel(name: str, channel: str, slack: ReadsSlack) -> Finding:
    try:
        member = slack.is_member(channel)
    except SlackRefused as refusal:
        return Finding(Topic.CHANNEL, Verdict.BAD, (name, channel), why=refusal.code)
    return Finding(Topic.CHANNEL, Verdict.GOOD if member else Verdict.BAD, (name, channel))


def _groups(people: KeepsPeople, policy: Policy, now: int) -> Iterator[Finding]:
    """By what the schedule read last: a group that is gone has no members."""
    known = people.members(policy.all_groups)
    for group_id in sorted(policy.all_groups):
        members = known.get(group_id)
        if members is None or now - members.read_at > MEMBERS_FRESH_SECONDS:
            yield Finding(Topic.GROUP, Verdict.BAD, (group_id,), why="unreadable")
        elif not members.user_ids:
            yield Finding(Topic.GROUP, Verdict.BAD, (group_id,), why="empty")
        else:
            yield Finding(Topic.GROUP, Verdict.GOOD, (group_id,))


def _people(people: KeepsPeople, reads_people: ReadsPeople, policy: Policy, now: int) -> Iterator[Finding]:
    """Some are read anew each time, so that all are after a while; how the others were is from the table."""
    left = PEOPLE_READ_AT_ONCE
    gone, unknown = [], []
    for user_id in _named(people, policy):
        person = people.person(user_id)
        if person is None or now - person.read_at > PERSON_KNOWN_SECONDS:
            if not left:
                unknown.append(user_id)
                continue
            left -= 1
            person = reads_people.read_person(user_id)
            if person is not None:
                people.save_person(person)
        if person is None or not _may_act(person, policy):
            gone.append(user_id)
    if gone:
        yield Finding(Topic.PEOPLE, Verdict.BAD, tuple(gone))
    if unknown:
        yield Finding(Topic.PEOPLE, Verdict.UNKNOWN, number=len(unknown))
    if not gone and not unknown:
        yield Finding(Topic.PEOPLE, Verdict.GOOD)


def _may_act(person: Person, policy: Policy) -> bool:
    here = person.team_id == policy.team_id
    return here and not (person.is_deactivated or person.is_guest or person.is_bot)


def _named(people: KeepsPeople, policy: Policy) -> list[str]:
    """All that the settings name for a right, themselves or through a group."""
    named = {user_id for right in NAMED_FOR for user_id in policy.holders(right)} - policy.all_groups
    members = people.members(policy.all_groups).values()
    return sorted(named.union(*(group.user_ids for group in members)))
