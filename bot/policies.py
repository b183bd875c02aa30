"""Every lease, timeout, page size, retry limit and retention of Switchboard, in one table.

Seconds unless a name says otherwise. Limits of Slack's Block Kit belong to `bot.slack.views`; what a deployment may
choose is a setting (`bot.settings`). `tests/test_policies.py` checks the values that `template.yaml` repeats.
"""

from __future__ import annotations

# ---------------------------------------------------------------- leases and timeouts of operations and messages

OPERATION_LEASE_SECONDS = 330
"""Longer than the worker's timeout, so that an expired lease has no holder."""
OPERATION_MAX_SECONDS = 240
"""The longest execution: two reads, a token, the write and its repetition after a 401, at Noyo's slowest."""
MESSAGE_LEASE_SECONDS = 60
"""Longer than Slack's slowest answer plus the time until a new message appears in the channel's history."""
MESSAGE_SETTLE_SECONDS = 10
"""After Slack answered a post with an error of its own: if it was posted nevertheless, it has appeared by then."""
MESSAGE_MIN_LEASE_LEFT_SECONDS = 15
"""With less of the lease left nothing is sent: it could overwrite an edit of the next lease holder."""
BATCH_RESERVED_SECONDS = 45
"""A batch starts no further item with less time left; no item takes longer."""

# ---------------------------------------------------------------- retries

OPERATION_FIRST_PAUSE_SECONDS = 5
"""After the first failure that may be temporary; doubles with each attempt."""
OPERATION_MAX_PAUSE_SECONDS = 900
"""The pause stops growing here, so that an operation continues soon after an outage."""
OPERATION_GIVE_UP_SECONDS = 24 * 3600
"""After a day without success a person decides."""
OPERATION_RECONCILIATIONS = 2
"""Reads of Noyo after an unanswered call, before the result counts as certain."""
SUBMIT_ATTEMPTS = 3
"""A conflicting operation may be settled before we read it; then the submission is repeated."""
INGEST_ATTEMPTS = 6
"""After a concurrent update the record state is read again."""
CLAIM_ATTEMPTS = 6
"""After a concurrent update the record state is read again."""
PAUSE_ATTEMPTS = 5
"""After a concurrent change of the pause it is read again."""
ABSENCE_ATTEMPTS = 5
"""After a concurrent change of somebody's absence the absences are read again."""
MESSAGE_RENDERS = 5
"""A message is rendered again if the record changed meanwhile; after this many the next event continues."""
EVENT_FIRST_PAUSE_SECONDS = 5
"""After the first failed delivery of an event; doubles with each attempt. While Slack is down it grows more slowly."""
EVENT_MAX_PAUSE_SECONDS = 600
"""Events are never given up; they are retried at least this often, so they are published soon after a recovery."""
SLACK_OUTAGE_MAX_PAUSE_SECONDS = 300
"""While Slack is down, events are retried more often than after other failures: alerts are waiting."""
SLACK_OUTAGE_PAUSE_GROWTH = 1.5
"""The pauses grow slowly, so an event is published soon after a short outage, too."""
REQUEST_CARD_WAIT_SECONDS = 60
"""A request gets its card once Noyo has accepted it, or after this time. Noyo refuses within seconds."""
EARLIER_LINE_WAIT_SECONDS = 120
"""A thread line waits this long for an earlier one that cannot be posted; the earlier one is then marked as late."""
EARLIER_LINES_PER_RUN = 5
"""Earlier lines that are posted before an event's own, so that its alert does not wait for a long thread."""
STREAM_ATTEMPTS = 6
"""Attempts within one invocation, enough for an outage of half a minute; the schedule continues after them."""
STREAM_MAX_WAIT_SECONDS = 20
"""What has to wait longer is left to the schedule."""

# ---------------------------------------------------------------- batches, pages and limits of lists

DUE_BATCH_SIZE = 100
"""Due items that one scheduled run reads at once."""
UNREADABLE_RETRY_SECONDS = 900
"""An entry that cannot be read is tried again after this time: soon after an upgrade, and seldom until then."""
MAX_DEFERRED = 1000
"""Deferred operations that one scheduled run reads."""
ELIGIBILITY_RULES = 5
"""Rules that are shown of Noyo's answer about a group's eligibility."""
POLL_PAGE_SIZE = 100
"""Rows of Noyo's list in one request."""
NOYO_PAGE_SIZES = range(5, 101)
"""Noyo's guide allows 5 to 100 rows in a page."""
POLL_MAX_REPEATED_PAGES = 3
"""After so many pages in a row without a new row, a list has no end."""
POLL_MAX_PASSES = 20
"""Passes over a list whose rows keep moving, before the next poll continues."""
POLL_RESUME_OVERLAP = 5
"""Rows that a resumed pass reads again, because a row that left the list moves the others up."""
POLL_IDS_PER_REQUEST = 50
"""Ids in one request; `NOYO_MAX_IDS` is the largest number that fits."""
MAX_RELATED_RECORDS = 100
"""Two reads of the table, however many records a group has."""
GROUP_MAX_RECORDS = 500
"""Records of one group that its view reads: six reads of the table."""
GROUP_MAX_PAGES = 20
"""A group with more connections than fit on these pages of Noyo's list is not read."""
GROUP_REFRESH_SECONDS = 300
"""Noyo is asked for the connections of one group at most this often, however many people ask."""
GROUP_INDEX_LAG_SECONDS = 5
"""A new record is found by its group only once the index shows it, usually at once."""
FIRST_RUN_CARD_INTERVAL_SECONDS = 3
"""Slack allows about one message a second in a channel; other messages must get through."""
FIRST_RUN_MAX_CARDS = 100_000
"""Every open record gets its card; the limit only ends the read of the table."""
PAUSE_CARD_INTERVAL_SECONDS = 3
"""Slack allows about one message a second in a channel; other messages must get through."""
BACKLOG_MAX_COUNT = 1000
"""A backlog is counted up to this number."""
GRANT_CHANGES_PER_TRANSACTION = 99
"""DynamoDB takes a hundred items in one transaction; one of them is the snapshot."""
GRANT_AUDIT_PEOPLE_PER_RUN = 3
"""People whose names one run reads from Slack."""
HEALTH_CHECK_PEOPLE_PER_RUN = 10
"""People whom one health check reads from Slack."""
BATCH_GET_SIZE = 100
"""DynamoDB's limit for one BatchGetItem."""

# ---------------------------------------------------------------- freshness and retention

PERSON_FRESH_SECONDS = 3600
"""A deactivated person loses access within an hour."""
GROUP_MEMBERS_FRESH_SECONDS = 3600
"""A person who leaves a user group loses its rights within an hour."""
HEALTH_CHECK_PERSON_FRESH_SECONDS = 12 * 3600
"""A health check reads a configured person again after half a day."""
GRANT_AUDIT_PERSON_FRESH_SECONDS = 24 * 3600
"""The grant audit reads a person again after a day."""
REFUSED_INPUT_SECONDS = 900
"""How long the encrypted fields of a refused connection request are kept for its correction."""
CARRIERS_FRESH_SECONDS = 60
"""A changed carriers file is in use a minute or two later: after the next scheduled run, and after this time."""
PAUSE_RETENTION_SECONDS = 31 * 86400
"""Longer than any operation waits, because ended pauses still extend its deadline."""
SETTLED_RETENTION_SECONDS = 30 * 86400
"""How long settled operations and delivered events stay in the table."""

CARRIERS_FILE_MAX_BYTES = 1_000_000
"""More than `MAX_BYTES` of `bot.domain.carriers` with all its spaces; no more is read."""

# ---------------------------------------------------------------- secrets

SECRET_REREAD_SECONDS = 3
"""Between two reads of one secret: many invalid signatures must not cause as many reads."""
SECRET_MAX_AGE_SECONDS = 900
"""A cached secret is read again after this time, so that a removed secret stops being accepted."""
SECRET_READ_ATTEMPTS = 2
"""A read is repeated once after a temporary error; Slack waits three seconds."""

# ---------------------------------------------------------------- health checks

HEALTH_CHECK_INTERVAL_SECONDS = 240
"""Workers run each minute, but what they check changes slowly, and Slack limits calls."""
CLOCK_DIFFERENCE_LIMIT_SECONDS = 60
"""With a larger difference the order of events is uncertain."""
RECONCILE_CLOCK_TOLERANCE_SECONDS = 120
"""How far Noyo's clock and ours may differ when times are compared."""
REQUIRED_CONCURRENCY = 10
"""Lambda executions at a busy time: five functions, some of them several times."""
HEALTH_CHECK_STALE_SECONDS = 900
"""Workers check every few minutes; an older result says nothing about now."""
WEBHOOK_STALE_SECONDS = 24 * 3600
"""Noyo sends nothing while nothing changes; after a day the last webhook says nothing about now."""
POLL_LATE_SECONDS = 900
"""`doctor` reports a poll that is later than this."""
OPERATIONS_LATE_SECONDS = 300
"""`doctor` reports an operation that has been due for longer."""
EVENTS_LATE_SECONDS = 600
"""`doctor` reports an event that has been due for longer."""

# ---------------------------------------------------------------- Slack and AWS

SLACK_RECEIVER_TIMEOUT_SECONDS = 1
"""Slack waits three seconds for the receiver, including a cold start."""
SLACK_WORKER_TIMEOUT_SECONDS = 10
"""Longer than Slack's slowest answers; less than a message's lease."""
SLACK_REQUEST_SECONDS = 2.2
"""A request starts no call after this time; a call that has started may still end within three seconds."""
SLACK_REQUEST_MAX_AGE_SECONDS = 300
"""Slack's rule against replayed requests."""
SLACK_REQUEST_MEMORY_SECONDS = 600
"""How long a command to pause or resume is remembered, so that it has no effect if Slack delivers it again. A request
is accepted within `SLACK_REQUEST_MAX_AGE_SECONDS` before and after its timestamp, so a repeated one is recognized in
all of that time."""
SLACK_MAX_START_SECONDS = 60
"""An arrival time longer ago than this is not trusted."""
SLACK_MIN_TIMEOUT_SECONDS = 0.2
"""With less time a call would more likely be lost than answered."""
SLACK_FINAL_RESPONSE_SECONDS = 0.5
"""Reserved for the response that tells a person about a failure."""
SLACK_DEFAULT_RETRY_AFTER_SECONDS = 30
"""When Slack throttles without a `Retry-After`."""
SLACK_RETRY_AFTER_MAX_SECONDS = 300
"""A longer `Retry-After` is taken for a mistake: every other alert in the channel waits for it too."""
SLACK_TOKEN_RETRY_SECONDS = 60
"""After Slack rejected the bot's token: a person has to replace it."""
SLACK_CLOCK_TOLERANCE_SECONDS = 60
"""How far Slack's clock and ours may differ in the search for a posted message."""
SLACK_HISTORY_PAGE_SIZE = 200
"""Slack's recommended page size."""
SLACK_SEARCH_MAX_SECONDS = 900
"""A search for a posted message that has not ended after this time, outages included, is given up, and the message is
posted. Without an outage it has seen 150,000 messages by then: Slack allows 50 pages a minute."""

AWS_RECEIVER_CONNECT_SECONDS = 0.5
"""The receiver's calls to AWS: all of them together have `AWS_RECEIVER_TOTAL_SECONDS` of Slack's three seconds."""
AWS_RECEIVER_READ_SECONDS = 0.9
"""Far more than DynamoDB takes; a call may be repeated once within the total."""
AWS_RECEIVER_TOTAL_SECONDS = 2.0
"""Leaves a second for the cold start."""
AWS_WORKER_CONNECT_SECONDS = 1.0
"""Workers have time; a short timeout makes way for the retry."""
AWS_WORKER_READ_SECONDS = 3.0
"""Far more than DynamoDB takes."""
AWS_WORKER_TOTAL_SECONDS = 15.0
"""All attempts of one call."""
AWS_FIRST_PAUSE_SECONDS = 0.05
"""Between attempts of a throttled call; doubles with each attempt."""
AWS_MAX_PAUSE_SECONDS = 1.0
"""The pause stops growing here."""

# ---------------------------------------------------------------- reminders and working hours

REMINDER_DAYS_BEFORE_END = (10, 5, 3, 2, 1, 0)
"""Business days before the last day; one more reminder follows on the business day after it."""
REMINDER_DAYS_WITHOUT_END = (2, 5, 10)
"""Business days after the request, if it has no end date or the date was already past."""
MENTIONING_REMINDERS = 2
"""The last reminders mention the approvers."""
SOON_DAYS = 2
"""Business days: approvers learn at once of a request that ends within them."""
CLAIM_HOURS = 4
"""Working hours after which a claim no longer holds back reminders."""
CONFIRMATION_DAYS_FOR_A_PAST_DATE = 3
"""Days for a second approval whose end date was already past when it was requested."""
NOT_MOVING_SHOWN = 10
"""Records that a report of what does not move names for each carrier; it counts the others."""
SUMMARY_SHOWN = 5
"""The most urgent records that the morning summary names; it counts the others."""
SUMMARY_SHOWN_TO_PERSON = 10
"""Those that it names to the person whose turn it is."""
SUMMARY_MOST_READ = 1000
"""Records that the morning summary reads to find out whose turn it is, most urgent first."""
HANDOVER_SHOWN = 20
"""Records that the message about a handover names; it counts the others."""
HANDOVER_CLAIMS_PER_RUN = 200
"""Claims that one run moves: some seconds, much less than a batch reserves for an item."""
HANDOVER_RETRY_SECONDS = 60
"""If Slack does not say who the receiver is, the handover waits for this time."""
REMINDER_SPREAD_SECONDS = 1800
"""Reminders that are due together are spread over this time: Slack allows about 50 edits a minute."""
REMINDER_DECISION_WAIT_SECONDS = 900
"""A decision in progress delays the reminder; if Noyo refuses it, the reminder follows."""
HOME_USED_SECONDS = 600
"""For so long after a person opened or used their App Home, it shows at once what became of their operations."""
MODAL_SECONDS = 60
"""After this time a person no longer looks at the modal."""

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
NOYO_RETRY_AFTER_MAX_SECONDS = 900
"""A longer `Retry-After` is taken for a mistake: an operation must not wait longer than an alarm would."""
NOYO_MAX_RESPONSE_BYTES = 8 * 1024 * 1024
"""Far more than a full page; a larger body would exhaust the function's memory."""
NOYO_MAX_UNREADABLE_PAGES = 20
"""After so many of the smallest pages in a row a list counts as unreadable. One unreadable record makes up to five of
these pages unreadable."""
NOYO_MAX_IDS = 50
"""More ids than this do not fit into the URL of one request."""
NOYO_MAX_PAGES = 200
"""A list that goes on for more pages than this has no end."""

# ---------------------------------------------------------------- webhooks from Noyo

WEBHOOK_MAX_BODY_BYTES = 64 * 1024
"""Noyo's events have a few hundred bytes; nothing larger is hashed."""
WEBHOOK_MAX_HEADER_BYTES = 2048
"""Timestamp and signatures together; several signatures are possible while a secret is rotated."""
