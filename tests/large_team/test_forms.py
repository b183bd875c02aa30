"""The forms that the answers and buttons open."""

import pytest
from inline_snapshot import snapshot

from tests.large_team.conftest import ANA, BEN, LargeTeam

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


def test_connect(team: LargeTeam) -> None:
    assert team.answer(ANA, "connect") == snapshot("""\
[[ Request a connection ]]
Existing group (optional): [Type its name or an id]
  Choose a group that Noyo knows, to connect it to one more carrier. Leave this empty for a new group.
Carrier: [Choose one]
Group name: []
Carrier group ID: []
  The group, policy or master agreement number at this carrier.
Employer's federal EIN: [12-3456789]
  Sent to Noyo. Encrypted until then, and never shown.
Broker's federal EIN (optional): []
  Only if the carrier asks for it.
Broker's TIN (optional): []
  Only if the carrier asks for it: an EIN or an SSN.
Employer's email address (optional): []
  Only if the carrier asks for it.
[Advanced…]
[Cancel] [Send to Noyo]\
""")


def test_retry(team: LargeTeam) -> None:
    assert team.answer(ANA, "retry 04410018") == snapshot("""\
[[ Retry a connection ]]
Accounting by Eriksen & Associates · Hudson & Reed Life
**Status:** Unable to connect, last changed Jan 17, 2029 at (time)
Message from the carrier:
▌ The carrier does not know this group id.
Carrier group ID: [04410018]
  Correct it if it was wrong.
Employer's federal EIN (optional): [12-3456789]
  Leave a field blank to keep the value at Noyo.
Broker's federal EIN (optional): []
  Only if the carrier asks for it.
Broker's TIN (optional): []
  Only if the carrier asks for it: an EIN or an SSN.
Employer's email address (optional): []
  Only if the carrier asks for it.
[Cancel] [Retry]\
""")


def test_approve(team: LargeTeam) -> None:
    assert team.answer(BEN, "approve abernathy accounting") == snapshot("""\
[[ Approve disconnection ]]
· Not production: this is the local environment.
After 19 Jan 2030, or the day you choose instead, changes for Abernathy Accounting no longer reach Northfield Mutual.
**Status:** Needs review, last changed today at (time)
**Last managed day:** 19 Jan 2030
**Source:** the carrier on 16 Jan 2030
Last managed day: [2030-01-19]
  The last day on which its coverage is managed through this connection.
Past date (optional): []
Context for Noyo (optional): []
  Anything that Noyo should know about it. Do not enter tax numbers or health information.
[Cancel] [Approve Disconnection]\
""")


def test_reject(team: LargeTeam) -> None:
    assert team.answer(BEN, "reject abernathy accounting") == snapshot("""\
[[ Keep connected ]]
· Not production: this is the local environment.
This request does not disconnect Abernathy Accounting from Northfield Mutual, and is closed.
**Status:** Needs review, last changed today at (time)
**Last managed day:** 19 Jan 2030
**Source:** the carrier on 16 Jan 2030
Why the group stays connected: [Choose one]
Context for Noyo (optional): []
  Required for any other reason. Do not enter tax numbers or health information.
[Cancel] [Keep Connected]\
""")


def test_disconnect(team: LargeTeam) -> None:
    assert team.answer(BEN, "disconnect 04410001") == snapshot("""\
[[ Disconnect a group ]]
· Not production: this is the local environment.
Alvarez Accounting Inc · Harborview Life
**Carrier group id:** 04410001
**Status:** Completed, last changed Jan 16, 2029 at (time)
After the day you choose changes for Alvarez Accounting Inc no longer reach Harborview Life.
Nothing is sent yet: a second approver must confirm it. If nobody does, it expires after that day.
Last managed day: []
  The last day on which its coverage is managed through this connection.
Past date (optional): []
Why the group should be disconnected: [Choose one]
Context for Noyo (optional): []
  Required for any other reason. Do not enter tax numbers or health information.
Type its name: []
  To confirm that this is the right one: Alvarez Accounting Inc
[Cancel] [Ask to Disconnect]\
""")


def test_details(team: LargeTeam) -> None:
    found = team.command(ANA, "list failed")

    assert team.shown(team.click(ANA, found, "details")) == snapshot("""\
[[ Details ]]
· Not production: this is the local environment.
Connection · Accounting by Eriksen & Associates · Hudson & Reed Life
**Status:** Unable to connect, last changed Jan 17, 2029 at (time)
**Next:** Check the carrier group id and the group's details with the carrier, then retry with the correction.
**Created:** Jan 14, 2029 at (time)
**Requested by:** someone outside Switchboard
**Noyo id:** 05505bac-061b-569d-8240-50b171dbd90a
**Version:** 2adeee63-6ccd-57c4-829c-004cdb4c1f35
**Carrier id:** ccd5e72c-a644-5920-a532-a3aee168faa4
**Group id:** 0aa19c91-36a7-51ac-a3ce-e0ed3ef1fa80
**Carrier group id:** 04410018
Attempt 1
**Request type:** initial
**Message from the carrier:** The carrier does not know this group id.
Known versions, newest first:
Jan 17, 2029 at (time) · Unable to connect · The carrier does not know this group id.
[Close]\
""")


def test_add_a_carrier(team: LargeTeam) -> None:
    found = team.command(ANA, "status 04410001")

    assert team.shown(team.click(ANA, found, "add_carrier")) == snapshot("""\
[[ Request a connection ]]
Existing group (optional): [Alvarez Accounting Inc · Tidewater Life, Lakeshore Dental Plan, Harborview…]
  Choose a group that Noyo knows, to connect it to one more carrier. Leave this empty for a new group.
Alvarez Accounting Inc has these connections:
• Tidewater Life: Carrier authorization needed. **Carrier group id:** 04416001
• Lakeshore Dental Plan: Completed. **Carrier group id:** 04413001
• Harborview Life: Completed. **Carrier group id:** 04410001
Carrier: [Choose one]
Carrier group ID: []
  The group, policy or master agreement number at this carrier.
Broker's federal EIN (optional): []
  Only if the carrier asks for it.
Broker's TIN (optional): []
  Only if the carrier asks for it: an EIN or an SSN.
Employer's email address (optional): []
  Only if the carrier asks for it.
[Advanced…]
[Cancel] [Send to Noyo]\
""")
