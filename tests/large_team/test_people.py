"""What people with different rights are told."""

import pytest
from inline_snapshot import snapshot

from tests.large_team.conftest import ANA, BEN, CARA, DAN, GUS, LargeTeam

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


def test_help_for_somebody_who_requests(team: LargeTeam) -> None:
    assert team.answer(ANA, "help") == snapshot("""\
(notification) I follow our groups' carrier connections at Noyo. You can type:
I follow our groups' carrier connections at Noyo. You can type:
**Look**
**/noyo status [who]**: show a connection, or everything that needs our action
**/noyo list [which]**: list what is open, most urgent first: by status, carrier, age or mine, such as list failed older than 5 days
**/noyo handover [note]**: hand over everything that you have claimed to a colleague, with a note
**/noyo away [until day]**: say until when you are away and who covers, such as away until friday
**/noyo back**: end your absence
**/noyo decisions**: list disconnection requests that need a decision, most urgent first
**/noyo history <who>**: show who did what, with the results
Example: /noyo list failed older than 5 days
**Connect and retry**
**/noyo connect [group name]**: connect a new or existing group to a carrier
**/noyo retry <who>**: retry a connection that failed
Example: /noyo connect Harbor Foods
**/noyo help**: what you may do
**What you may not do**
approve, reject, disconnect: You may not decide on disconnections. These may: @Ben, @Cara.
pause, resume, doctor: You may not do this. These may: @Dan.
To get a right, ask the team that runs Switchboard. Its admins know how: @Dan.
Only you can see these answers. Cards are in the channels.\
""")


def test_help_for_an_approver(team: LargeTeam) -> None:
    assert team.answer(BEN, "help") == snapshot("""\
(notification) I follow our groups' carrier connections at Noyo. You can type:
I follow our groups' carrier connections at Noyo. You can type:
**Look**
**/noyo status [who]**: show a connection, or everything that needs our action
**/noyo list [which]**: list what is open, most urgent first: by status, carrier, age or mine, such as list failed older than 5 days
**/noyo handover [note]**: hand over everything that you have claimed to a colleague, with a note
**/noyo away [until day]**: say until when you are away and who covers, such as away until friday
**/noyo back**: end your absence
**/noyo decisions**: list disconnection requests that need a decision, most urgent first
**/noyo history <who>**: show who did what, with the results
Example: /noyo list failed older than 5 days
**Connect and retry**
**/noyo connect [group name]**: connect a new or existing group to a carrier
**/noyo retry <who>**: retry a connection that failed
Example: /noyo connect Harbor Foods
**Disconnect and decide**
**/noyo approve <who>**: approve a disconnection request
**/noyo reject <who>**: reject a disconnection request; the group stays connected
**/noyo disconnect <who>**: request a disconnection; a second approver confirms it
Example: /noyo approve Harbor Foods
**/noyo help**: what you may do
**What you may not do**
pause, resume, doctor: You may not do this. These may: @Dan.
To get a right, ask the team that runs Switchboard. Its admins know how: @Dan.
Only you can see these answers. Cards are in the channels.\
""")


def test_help_for_an_admin(team: LargeTeam) -> None:
    assert team.answer(DAN, "help") == snapshot("""\
(notification) I follow our groups' carrier connections at Noyo. You can type:
I follow our groups' carrier connections at Noyo. You can type:
**Look**
**/noyo status [who]**: show a connection, or everything that needs our action
**/noyo list [which]**: list what is open, most urgent first: by status, carrier, age or mine, such as list failed older than 5 days
**/noyo handover [note]**: hand over everything that you have claimed to a colleague, with a note
**/noyo away [until day]**: say until when you are away and who covers, such as away until friday
**/noyo back**: end your absence
**/noyo decisions**: list disconnection requests that need a decision, most urgent first
**/noyo history <who>**: show who did what, with the results
Example: /noyo list failed older than 5 days
**Connect and retry**
**/noyo connect [group name]**: connect a new or existing group to a carrier
**/noyo retry <who>**: retry a connection that failed
Example: /noyo connect Harbor Foods
**Administer**
**/noyo pause [why]**: pause sending to Noyo; requests are kept
**/noyo resume**: resume sending to Noyo
**/noyo doctor**: check Switchboard's own health
Example: /noyo pause Noyo shows wrong statuses
**/noyo help**: what you may do
**What you may not do**
approve, reject, disconnect: You may not decide on disconnections. These may: @Ben, @Cara.
To get a right, ask the team that runs Switchboard. Its admins know how: @Dan.
Only you can see these answers. Cards are in the channels.\
""")


def test_a_guest(team: LargeTeam) -> None:
    assert team.answer(GUS, "list") == snapshot("""\
(notification) Guests cannot do this. Please ask a full member of this workspace.
Guests cannot do this. Please ask a full member of this workspace.\
""")


def test_a_decision_without_the_right(team: LargeTeam) -> None:
    assert team.answer(ANA, "approve abernathy accounting") == snapshot("""\
[[ Not possible ]]
You may not decide on disconnections. These may: @Ben, @Cara.
[Close]\
""")


def test_a_word_that_is_no_command(team: LargeTeam) -> None:
    assert team.answer(ANA, "recieve") == snapshot("""\
(notification) There is no “recieve”. This is what you can type:
There is no “recieve”. This is what you can type:
**Look**
**/noyo status [who]**: show a connection, or everything that needs our action
**/noyo list [which]**: list what is open, most urgent first: by status, carrier, age or mine, such as list failed older than 5 days
**/noyo handover [note]**: hand over everything that you have claimed to a colleague, with a note
**/noyo away [until day]**: say until when you are away and who covers, such as away until friday
**/noyo back**: end your absence
**/noyo decisions**: list disconnection requests that need a decision, most urgent first
**/noyo history <who>**: show who did what, with the results
Example: /noyo list failed older than 5 days
**Connect and retry**
**/noyo connect [group name]**: connect a new or existing group to a carrier
**/noyo retry <who>**: retry a connection that failed
Example: /noyo connect Harbor Foods
**/noyo help**: what you may do
**What you may not do**
approve, reject, disconnect: You may not decide on disconnections. These may: @Ben, @Cara.
pause, resume, doctor: You may not do this. These may: @Dan.
To get a right, ask the team that runs Switchboard. Its admins know how: @Dan.
Only you can see these answers. Cards are in the channels.\
""")


def test_a_claim_and_its_end(team: LargeTeam) -> None:
    claimed = team.click(BEN, team.command(BEN, "decisions"), "claim")
    mine = team.command(BEN, "list mine")
    released = team.click(BEN, team.command(BEN, "decisions"), "release")

    assert team.shown(claimed) == snapshot("""\
(notification) You are checking this until (time) (4 working hours), or until you release it. Others can still act.
You are checking this until today at (time) (4 working hours), or until you release it. Others can still act.\
""")
    assert team.shown(mine) == snapshot("""\
(notification) 1 open record fits, most urgent first.
1 open record fits, most urgent first.
Disconnection request · Abernathy Accounting · Northfield Mutual: **Needs review**. **Last managed day:** 19 Jan 2030
Changed today. **Claimed by:** @Ben · today at (time)
[Approve Disconnection…] [Reject, Keep Connected…] [Details]
[Hand Over My Claims…]
· As of today at (time).\
""")
    assert team.shown(released) == snapshot("""\
(notification) You are no longer checking this.
You are no longer checking this.\
""")


def test_what_the_home_shows_an_approver(team: LargeTeam) -> None:
    assert team.home(BEN) == snapshot("""\
[[ Home ]]
· Not production: this is the local environment.
# What needs the team
**857 need the team** · 20 decisions, next ends in 3 days · 2,069 not moving
[All (857)] [Mine (0)] [Decisions (20)] [Refresh]
· Updated just now. It changes when you do something here.
**All: 1 to 10 of 857**, most urgent first.
Disconnection request · Abernathy Accounting · Northfield Mutual: **Needs review**. **Last managed day:** 19 Jan 2030 · **ends in 3 days**
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Disconnection request · Vandermeer Catering, LLC · Arrowhead Mutual: **Needs review**. **Last managed day:** 25 Jan 2030 · **ends in 9 days**
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Disconnection request · Schäfer Engineering of Greenville · Meridian Vision Care: **Needs review**. **Last managed day:** 31 Jan 2030 · **ends in 15 days**
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Disconnection request · 237th Street Glass (Okafor) · Harborview Life: **Needs review**. **Last managed day:** 6 Feb 2030 · **ends in 21 days**
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Disconnection request · Muñoz Interiors #304 · Stonebridge Life: **Needs review**. **Last managed day:** 12 Feb 2030 · **ends in 27 days**
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Disconnection request · Duluth Media / MacDonald Group · Tidewater Life: **Needs review**. **Last managed day:** 18 Feb 2030 · **ends in 33 days**
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Disconnection request · Jørgensen Plumbing Inc · Granite State Dental: **Needs review**. **Last managed day:** 24 Feb 2030 · **ends in 39 days**
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Disconnection request · Ibáñez Architects Joliet Division · Golden Plains Health: **Needs review**. **Last managed day:** 2 Mar 2030 · **ends in 45 days**
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Disconnection request · O'Bryan Architects #14 · Magnolia Health Alliance: **Needs review**. **Last managed day:** 8 Mar 2030 · **ends in 51 days**
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
Disconnection request · Duluth Concrete / Miller Group · Pinnacle Life & Health: **Needs review**. **Last managed day:** 14 Mar 2030 · **ends in 57 days**
Changed today
[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]
[Next]
· What does not move is reported each business day in #connection-alerts. · /noyo help shows what you can type.\
""")


def test_what_the_home_shows_a_guest(team: LargeTeam) -> None:
    assert team.home(GUS) == snapshot("""\
[[ Home ]]
· Not production: this is the local environment.
# Switchboard
Guests cannot do this. Please ask a full member of this workspace.
Here, full members of this workspace see which groups' connections need them.
Ask one of them if you need something about a connection.\
""")


def test_a_handover_of_nothing(team: LargeTeam) -> None:
    assert team.answer(ANA, "handover") == snapshot("""\
(notification) You have not claimed anything, so there is nothing to hand over.
You have not claimed anything, so there is nothing to hand over.\
""")


def test_an_absence_with_a_cover(team: LargeTeam) -> None:
    form = team.command(BEN, "away until friday")
    assert form.view is not None
    saved = team.slack.submit(BEN, form.view.id, {"cover": CARA})
    away = team.answer(BEN, "away")
    back = team.answer(BEN, "back")

    assert team.shown(form) == snapshot("""\
[[ I am away ]]
Last day: [2030-01-18]
  You are away until the end of this day. Then it ends by itself.
Cover (optional): [Choose a colleague]
  Mentioned instead of you where you own something. Anybody who may request connections or decide on disconnections.
[Cancel] [Save]\
""")
    assert team.shown(saved) == snapshot("""\
[[ Your absence ]]
You are away until the end of Fri 18 Jan. /noyo back ends it.
@Cara is mentioned instead of you.
[Close]\
""")
    assert away == snapshot("""\
(notification) You are away until the end of Fri 18 Jan. /noyo back ends it.
You are away until the end of Fri 18 Jan. /noyo back ends it.
@Cara is mentioned instead of you.\
""")
    assert back == snapshot("""\
(notification) You are back: you are mentioned again, and cards show it soon.
You are back: you are mentioned again, and cards show it soon.\
""")


def test_an_absence_without_a_clear_end(team: LargeTeam) -> None:
    assert team.answer(BEN, "away until soon") == snapshot("""\
(notification) I am not sure which day you mean, so nothing was changed. Examples: /noyo away until friday, /noyo away until 2030-01-30. Then a form asks who covers.
I am not sure which day you mean, so nothing was changed. Examples: /noyo away until friday, /noyo away until 2030-01-30. Then a form asks who covers.\
""")
