"""What a search finds among 9,000 connections."""

import pytest
from inline_snapshot import snapshot

from infra.local import environment
from tests.large_team.conftest import ANA, LargeTeam

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


def test_a_group_by_its_name(team: LargeTeam) -> None:
    assert team.answer(ANA, "status Álvarez Accounting, LLC") == snapshot("""\
(notification) Not production: this is the local environment.
· Not production: this is the local environment.
# Álvarez Accounting, LLC
3 connections: 1 in progress, 2 connected.
**Group id:** fdcf4285-a473-5d0d-9888-c247c999407f
Connection · Redwood Benefit Trust: **Processing**. **Carrier group id:** 04413002
**Next:** No action needed. Noyo is connecting the group.
[Details]
Connection · Granite State Dental: **Completed**. **Carrier group id:** 04410002
**Next:** No action needed. The group is connected.
[Disconnect…] [Details]
Connection · Great Basin Health: **Completed**. **Carrier group id:** 04416002
**Next:** No action needed. The group is connected.
[Disconnect…] [Details]
**Latest:**
Sep 16, 2029 at (time) · Great Basin Health · Noyo: Completed
May 18, 2029 at (time) · Redwood Benefit Trust · Noyo: Processing
Jan 16, 2029 at (time) · Granite State Dental · Noyo: Completed
[Add a Carrier…] [History] [Ask Noyo Again]
· As of today at (time).\
""")


def test_a_part_of_many_names_without_its_accent(team: LargeTeam) -> None:
    assert team.answer(ANA, "status alvarez") == snapshot("""\
(notification) Several match. Which one? (/noyo status with an id shows one.)
Several match. Which one? (/noyo status with an id shows one.)
Connection · Alvarez & Sons Staffing · Mariner's Assurance: **Completed**. **Carrier group id:** 04418577
[Disconnect…] [Details]
**Group** · Alvarez Software, LLC
• Connection · Tidewater Life: Completed
• Connection · Lakeshore Dental Plan: Waiting on the carrier
[Show Group]
Connection · Álvarez Roofing, LLC · Northfield Mutual: **Completed**. **Carrier group id:** 04418466
[Disconnect…] [Details]
Connection · Alvarez Roofing Inc · Crossroads Group Insurance: **Completed**. **Carrier group id:** 04418465
[Disconnect…] [Details]
Connection · Alvarez Media, LLC · Crossroads Group Insurance: **Noyo review**. **Carrier group id:** 04417905
[Details]
Connection · Alvarez Marine Inc · Magnolia Health Alliance: **Waiting on the carrier**. **Carrier group id:** 04417849
[Details]
**Group** · Álvarez Home Health of Cañon City
• Connection · Northfield Mutual: Noyo review
• Connection · Piedmont Employee Benefits: Completed
[Show Group]
Connection · Álvarez & Sons Heating & Cooling · Ironwood Disability: **Waiting on the carrier**. **Carrier group id:** 04417290
[Details]
1 to 8 of 68.
[Next]
More may match: add a word, or use an id.\
""")


def test_a_name_with_one_wrong_letter(team: LargeTeam) -> None:
    assert team.answer(ANA, "status alvarez acounting") == snapshot("""\
(notification) Nothing matches “alvarez acounting”. Did you mean:
Nothing matches “alvarez acounting”. Did you mean:
**Group** · Álvarez Accounting, LLC
• Connection · Great Basin Health: Completed
• Connection · Redwood Benefit Trust: Processing
• Connection · Granite State Dental: Completed
[Show Group]
**Group** · Alvarez Accounting Inc
• Connection · Tidewater Life: Carrier authorization needed
• Connection · Lakeshore Dental Plan: Completed
• Connection · Harborview Life: Completed
[Show Group]\
""")


def test_a_carrier_group_id_without_its_zeros(team: LargeTeam) -> None:
    assert team.answer(ANA, "status 4410018") == snapshot("""\
(notification) Not production: this is the local environment.
· Not production: this is the local environment.
# Accounting by Eriksen & Associates · Hudson & Reed Life
**Status:** Unable to connect, last changed Jan 17, 2029 at (time)
**Next:** Check the carrier group id and the group's details with the carrier, then retry with the correction.
**Carrier group id:** 04410018
**Requested by:** someone outside Switchboard
Attempt 1
**Message from the carrier:**
▌ The carrier does not know this group id.
[Retry…] [Claim] [Details]
· Noyo id 05505bac-061b-569d-8240-50b171dbd90a · version 2adeee63
Its group has 2 more records.
[Add a Carrier…] [Show Group]\
""")


def test_the_beginning_of_an_id(team: LargeTeam) -> None:
    assert team.answer(ANA, "status aa871257") == snapshot("""\
(notification) Not production: this is the local environment.
· Not production: this is the local environment.
# Alvarez Accounting Inc · Harborview Life
**Status:** Completed, last changed Jan 16, 2029 at (time)
**Next:** No action needed. The group is connected.
**Carrier group id:** 04410001
**Requested by:** someone outside Switchboard
Attempt 1
[Disconnect…] [Details]
· Noyo id aa871257-1f9a-5aec-93e9-05c4603e2a0f · version 6f8d9654
Its group has 2 more records.
[Add a Carrier…] [Show Group]\
""")


def test_a_carrier_and_a_status(team: LargeTeam) -> None:
    assert team.answer(ANA, "status northfield failed") == snapshot("""\
(notification) Several match. Which one? (/noyo status with an id shows one.)
Several match. Which one? (/noyo status with an id shows one.)
Connection · 298th Street Insurance Services (Hanson) · Northfield Mutual: **Unable to connect**. **Carrier group id:** 04411480
[Retry…] [Details]
Connection · Alvarez Electric, LLC · Northfield Mutual: **Unable to connect**. **Carrier group id:** 04413673
[Retry…] [Details]
Connection · 479th Street Press (Okafor) · Northfield Mutual: **Unable to connect**. **Carrier group id:** 04415393
[Retry…] [Details]
Connection · Eriksen Landscaping, LLC · Northfield Mutual: **Unable to connect**. **Carrier group id:** 04417586
[Retry…] [Details]\
""")


def test_nothing(team: LargeTeam) -> None:
    assert team.answer(ANA, "status zzyzx holdings") == snapshot("""\
(notification) Nothing here matches “zzyzx holdings”. Try a word of the group's name, its id at the carrier, or the beginning of a Noyo id. To request a new connection: /noyo connect.
Nothing here matches “zzyzx holdings”. Try a word of the group's name, its id at the carrier, or the beginning of a Noyo id. To request a new connection: /noyo connect.\
""")


def test_what_can_be_retried(team: LargeTeam) -> None:
    assert team.answer(ANA, "retry alvarez") == snapshot("""\
(notification) Several can be retried. Which one?
Several can be retried. Which one?
Connection · Álvarez Auto Body of Greenville · Harborview Life: **Unable to connect**. **Carrier group id:** 04413114
[Retry…] [Details]
Connection · Álvarez Machine · Hudson & Reed Life: **Unable to connect**. **Carrier group id:** 04411738
[Retry…] [Details]
Connection · Fencing by Álvarez & Associates · Frontier Benefit Society: **Unable to connect**. **Carrier group id:** 04416898
[Retry…] [Details]\
""")


def test_who_did_what(team: LargeTeam) -> None:
    assert team.answer(ANA, "history 04410018") == snapshot("""\
(notification) History of Connection · Accounting by Eriksen &amp; Associates · Hudson &amp; Reed Life:
History of Connection · Accounting by Eriksen & Associates · Hudson & Reed Life:
**Status:** Unable to connect, last changed Jan 17, 2029 at (time)
Jan 17, 2029 at (time) · Noyo: Unable to connect, The carrier does not know this group id.
Nobody has done anything about it in Switchboard.
· Noyo id 05505bac-061b-569d-8240-50b171dbd90a · version 2adeee63\
""")


def test_the_field_in_which_a_group_is_found(team: LargeTeam) -> None:
    reply = team.command(ANA, "retry")
    [message] = reply.messages
    found = team.slack.suggest_in_message(
        ANA, environment.CONNECTIONS, message.ts, "pick_retry", "alvarez", ephemeral=True
    )

    assert team.shown(reply) == snapshot("""\
(notification) Which connection? Find it here, or type /noyo retry and the group's name or an id.
Which connection? Find it here, or type /noyo retry and the group's name or an id.
[Find a group by name or id]\
""")
    assert [option["text"]["text"] for option in found] == snapshot(
        [
            "Álvarez Auto Body of Greenville · Harborview Life · Unable to connect",
            "Álvarez Machine · Hudson & Reed Life · Unable to connect",
            "Fencing by Álvarez & Associates · Frontier Benefit So… · Unable to connect",
        ]
    )
