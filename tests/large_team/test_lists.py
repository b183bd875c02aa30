"""What the lists show to the team of 3,000 groups."""

import pytest
from inline_snapshot import snapshot

from tests.large_team.conftest import ANA, BEN, LargeTeam

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


def test_everything_open(team: LargeTeam) -> None:
    assert team.answer(BEN, "list") == snapshot("""\
(notification) 3180 open records fit, most urgent first.
3180 open records fit, most urgent first.
Disconnection request · Abernathy Accounting · Northfield Mutual: **Needs review**. **Last managed day:** 19 Jan 2030
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Vandermeer Catering, LLC · Arrowhead Mutual: **Needs review**. **Last managed day:** 25 Jan 2030
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Schäfer Engineering of Greenville · Meridian Vision Care: **Needs review**. **Last managed day:** 31 Jan 2030
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · 237th Street Glass (Okafor) · Harborview Life: **Needs review**. **Last managed day:** 6 Feb 2030
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Muñoz Interiors #304 · Stonebridge Life: **Needs review**. **Last managed day:** 12 Feb 2030
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Duluth Media / MacDonald Group · Tidewater Life: **Needs review**. **Last managed day:** 18 Feb 2030
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Jørgensen Plumbing Inc · Granite State Dental: **Needs review**. **Last managed day:** 24 Feb 2030
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Ibáñez Architects Joliet Division · Golden Plains Health: **Needs review**. **Last managed day:** 2 Mar 2030
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
1 to 8 of 3180.
[Next]
· As of today at (time).\
""")


def test_what_failed(team: LargeTeam) -> None:
    assert team.answer(ANA, "list failed") == snapshot("""\
(notification) 209 open records fit, most urgent first.
209 open records fit, most urgent first.
Connection · Accounting by Eriksen & Associates · Hudson & Reed Life: **Unable to connect**. **Carrier group id:** 04410018
Unchanged for 364 days
[Retry…] [Details]
Connection · 15th Street Architects (Beauchamp) · Sierra Crest Dental: **Unable to connect**. **Carrier group id:** 04410061
Unchanged for 362 days
[Retry…] [Details]
Connection · St. James's Architects Co. · Ironwood Disability: **Unable to connect**. **Carrier group id:** 04410104
Unchanged for 360 days
[Retry…] [Details]
Connection · Miller Auto Body of Duluth · Arrowhead Mutual: **Unable to connect**. **Carrier group id:** 04410147
Unchanged for 359 days
[Retry…] [Details]
Connection · Gallagher & Sons Bakery · Cedar Point Dental: **Unable to connect**. **Carrier group id:** 04410190
Unchanged for 357 days
[Retry…] [Details]
Connection · Carlson Brewing, LLC · Oak & Anchor Life: **Unable to connect**. **Carrier group id:** 04410233
Unchanged for 355 days
[Retry…] [Details]
Connection · Weiß Brewing Inc · High Desert Mutual: **Unable to connect**. **Carrier group id:** 04410276
Unchanged for 353 days
[Retry…] [Details]
Connection · O'Brien Cabinetry · Crossroads Group Insurance: **Unable to connect**. **Carrier group id:** 04410319
Unchanged for 352 days
[Retry…] [Details]
1 to 8 of 209.
[Next]
· As of today at (time).\
""")


def test_what_failed_at_one_carrier(team: LargeTeam) -> None:
    assert team.answer(ANA, "list failed northfield") == snapshot("""\
(notification) 4 open records fit, most urgent first.
4 open records fit, most urgent first.
Connection · 298th Street Insurance Services (Hanson) · Northfield Mutual: **Unable to connect**. **Carrier group id:** 04411480
Unchanged for 304 days
[Retry…] [Details]
Connection · Alvarez Electric, LLC · Northfield Mutual: **Unable to connect**. **Carrier group id:** 04413673
Unchanged for 216 days
[Retry…] [Details]
Connection · 479th Street Press (Okafor) · Northfield Mutual: **Unable to connect**. **Carrier group id:** 04415393
Unchanged for 146 days
[Retry…] [Details]
Connection · Eriksen Landscaping, LLC · Northfield Mutual: **Unable to connect**. **Carrier group id:** 04417586
Unchanged for 57 days
[Retry…] [Details]
· As of today at (time).\
""")


def test_what_has_not_changed_for_long(team: LargeTeam) -> None:
    assert team.answer(ANA, "list failed older than 363 days") == snapshot("""\
(notification) 1 open record fits, most urgent first.
1 open record fits, most urgent first.
Connection · Accounting by Eriksen & Associates · Hudson & Reed Life: **Unable to connect**. **Carrier group id:** 04410018
Unchanged for 364 days
[Retry…] [Details]
· As of today at (time).\
""")


def test_what_is_mine(team: LargeTeam) -> None:
    assert team.answer(ANA, "list mine") == snapshot("""\
(notification) Nothing open fits.
Nothing open fits.
To find a group by its name: /noyo status and the name.\
""")


def test_words_that_the_list_does_not_know(team: LargeTeam) -> None:
    assert team.answer(ANA, "list failed guardian") == snapshot("""\
(notification) I do not understand: “guardian”. Nothing is listed, because the list could leave something out.
I do not understand: “guardian”. Nothing is listed, because the list could leave something out.
You can combine a status (failed, action required, authorization, waiting, review, processing, created, decisions), a carrier, mine, connections or disconnections, and an age: /noyo list failed older than 5 days.
To find a group by its name: /noyo status and the name.\
""")


def test_what_needs_the_team(team: LargeTeam) -> None:
    assert team.answer(ANA, "status") == snapshot("""\
(notification) Needs our action: 857.
Needs our action: 857.
Disconnection request · Abernathy Accounting · Northfield Mutual: **Needs review**. **Last managed day:** 19 Jan 2030
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Vandermeer Catering, LLC · Arrowhead Mutual: **Needs review**. **Last managed day:** 25 Jan 2030
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Schäfer Engineering of Greenville · Meridian Vision Care: **Needs review**. **Last managed day:** 31 Jan 2030
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · 237th Street Glass (Okafor) · Harborview Life: **Needs review**. **Last managed day:** 6 Feb 2030
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Muñoz Interiors #304 · Stonebridge Life: **Needs review**. **Last managed day:** 12 Feb 2030
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Duluth Media / MacDonald Group · Tidewater Life: **Needs review**. **Last managed day:** 18 Feb 2030
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Jørgensen Plumbing Inc · Granite State Dental: **Needs review**. **Last managed day:** 24 Feb 2030
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
Disconnection request · Ibáñez Architects Joliet Division · Golden Plains Health: **Needs review**. **Last managed day:** 2 Mar 2030
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
1 to 8 of 857.
[Next]
[Find a group by name or id]\
""")


def test_the_decisions(team: LargeTeam) -> None:
    assert team.answer(BEN, "decisions") == snapshot("""\
(notification) These disconnection requests need a decision, most urgent first.
These disconnection requests need a decision, most urgent first.
Abernathy Accounting · Northfield Mutual
**Last managed day:** 19 Jan 2030 · **ends in 3 days**
Asked for by the carrier
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Vandermeer Catering, LLC · Arrowhead Mutual
**Last managed day:** 25 Jan 2030 · **ends in 9 days**
Asked for by the carrier
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Schäfer Engineering of Greenville · Meridian Vision Care
**Last managed day:** 31 Jan 2030 · **ends in 15 days**
Asked for by the carrier
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
237th Street Glass (Okafor) · Harborview Life
**Last managed day:** 6 Feb 2030 · **ends in 21 days**
Asked for by the carrier
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Muñoz Interiors #304 · Stonebridge Life
**Last managed day:** 12 Feb 2030 · **ends in 27 days**
Asked for by the carrier
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Duluth Media / MacDonald Group · Tidewater Life
**Last managed day:** 18 Feb 2030 · **ends in 33 days**
Asked for by the carrier
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Jørgensen Plumbing Inc · Granite State Dental
**Last managed day:** 24 Feb 2030 · **ends in 39 days**
Asked for by the carrier
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Ibáñez Architects Joliet Division · Golden Plains Health
**Last managed day:** 2 Mar 2030 · **ends in 45 days**
Asked for by the carrier
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
1 to 8 of 20.
[Next]\
""")


def test_the_next_page(team: LargeTeam) -> None:
    first = team.command(BEN, "list failed")
    next_page = team.click(BEN, first, "next_page")

    assert team.shown(next_page) == snapshot("")
