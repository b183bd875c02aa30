"""What the client sends for each API operation. The fake checks every request against the contract too."""

from datetime import date, datetime

import pytest

from bot.domain.records import DataExchange, DisconnectionStatus, EntityKind, open_statuses
from bot.domain.requests import (
    ConnectionOptions,
    Decision,
    DecisionReason,
    DisconnectionReason,
    RetryRequest,
    SensitiveFields,
)
from bot.errors import UnreadableAnswer
from bot.noyo.client import NoyoHttpClient
from bot.noyo.requests import NEWEST_FIRST
from bot.policies import NOYO_MAX_IDS
from tests.noyo.http_stub import (
    CARRIER,
    GROUP,
    ID,
    VERSION,
    connection_json,
    disconnection_json,
    group_json,
    json_response,
    page_json,
    stub_with,
)

SENSITIVE = SensitiveFields(
    federal_ein="123456789",
    broker_federal_ein="223456789",
    broker_tin="323-45-6789",
    employer_email_address="boss@example.com",
)
INVALID_IDS = ["", "../groups", f"{ID}/retry", f"{ID}%2F", "00110011", ID + "\n", ID[:-1] + "٣"]


def test_token_request_uses_basic_auth_and_calls_use_bearer() -> None:
    http_stub = stub_with(json_response(connection_json()))

    http_stub.client().connection(ID)

    (token_request,) = http_stub.token_requests
    assert (token_request.method, token_request.content) == ("POST", b'{"grant_type":"client_credentials"}')
    assert token_request.headers["Authorization"] == "Basic dXM6c2VjcmV0"
    assert http_stub.sent[0].headers["Authorization"] == "Bearer token-1"


def test_connection_is_read_by_id() -> None:
    http_stub = stub_with(json_response(connection_json()))

    assert http_stub.client().connection(ID.upper()).id == ID
    assert http_stub.called == [f"GET /api/v1/group_connections/{ID}"]


@pytest.mark.parametrize("status", [200, 201])
def test_disconnection_is_read_from_any_success_status(status: int) -> None:
    http_stub = stub_with(json_response(disconnection_json(), status))

    assert http_stub.client().disconnection(ID).id == ID
    assert http_stub.called == [f"GET /api/v1/group_disconnection_requests/{ID}"]


@pytest.mark.parametrize("kind", [EntityKind.CONNECTION, EntityKind.DISCONNECTION])
def test_newest_records_are_sorted_by_modified_descending(kind: EntityKind) -> None:
    http_stub = stub_with(json_response(page_json()))

    http_stub.client().newest(kind, offset=40, page_size=20)

    assert NEWEST_FIRST == {"sort_by": "modified", "sort_direction": "desc"}
    assert http_stub.query == {**NEWEST_FIRST, "offset": "40", "page_size": "20"}


def test_connections_in_several_statuses_take_one_request() -> None:
    http_stub = stub_with(json_response(page_json(connection_json())))
    statuses = open_statuses(EntityKind.CONNECTION)

    found = http_stub.client().in_status(EntityKind.CONNECTION, statuses, offset=0, page_size=7)

    assert len(found.rows) == 1
    assert http_stub.query == {"status": ",".join(statuses), "offset": "0", "page_size": "7"}


def test_disconnections_are_read_status_by_status_without_duplicates() -> None:
    other = "5e20ea6a-8027-464a-941a-867c115c846d"
    http_stub = stub_with(
        json_response(page_json(disconnection_json(), disconnection_json(id=other))),
        json_response(page_json(disconnection_json(status="processing"))),
    )

    found = http_stub.client().in_status(
        EntityKind.DISCONNECTION, ["needs_review", "processing"], offset=0, page_size=9
    )

    assert [request.url.params["status"] for request in http_stub.sent] == ["needs_review", "processing"]
    assert [row.row_id for row in found.rows] == [ID, other]
    assert found.rows[0].record is not None
    assert found.rows[0].record.status is DisconnectionStatus.PROCESSING
    assert (found.offset, found.total) == (0, 2)


def test_next_page_of_disconnections_starts_where_the_first_ended() -> None:
    http_stub = stub_with(json_response(page_json(disconnection_json())))

    found = http_stub.client().in_status(EntityKind.DISCONNECTION, ["needs_review"], offset=1, page_size=5)

    assert (found.rows, found.offset, found.total) == ((), 1, 1)


def test_records_by_id_are_read_to_the_last_page() -> None:
    ids = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]
    pages = [page_json(connection_json(id=row_id), total_records=3, offset=n) for n, row_id in enumerate(ids)]
    http_stub = stub_with(*map(json_response, pages))

    found = http_stub.client().by_ids(EntityKind.CONNECTION, [row_id.upper() for row_id in ids])

    assert [row.row_id for row in found.rows] == ids
    assert [request.url.params["offset"] for request in http_stub.sent] == ["0", "1", "2"]
    assert {request.url.params["id"] for request in http_stub.sent} == {",".join(ids)}


def test_records_by_id_omit_other_records_but_keep_unreadable_rows() -> None:
    other = "5e20ea6a-8027-464a-941a-867c115c846d"
    http_stub = stub_with(json_response(page_json(connection_json(id=other), connection_json(id=None))))

    (row,) = http_stub.client().by_ids(EntityKind.CONNECTION, [ID]).rows

    assert row.record is None
    assert row.row_id.startswith("digest:")


@pytest.mark.parametrize("count", [0, NOYO_MAX_IDS + 1])
def test_records_by_id_take_between_1_and_50_ids(count: int) -> None:
    http_stub = stub_with(json_response(page_json()))

    with pytest.raises(ValueError, match="between 1 and 50"):
        http_stub.client().by_ids(EntityKind.CONNECTION, [ID] * count)
    assert http_stub.sent == []


def test_connections_at_a_carrier_ignore_leading_zeros_of_the_group_id() -> None:
    same, other = {"carrier_group_id": 110011}, {"carrier_group_id": "1100110"}
    rows = connection_json(group_data=same), connection_json(id=VERSION, group_data=other)

    (found,) = stub_with(json_response(page_json(*rows))).client().connections_at(CARRIER, "00110011")

    assert found.id == ID


def test_connections_at_a_carrier_ignore_the_case_of_the_group_id() -> None:
    other_group = {"carrier_group_id": "AB-2", "group_name": "Other"}
    http_stub = stub_with(
        json_response(
            page_json(
                connection_json(group_data={"carrier_group_id": "ab-1"}),
                connection_json(id=GROUP, group_data=other_group),
                connection_json(id=VERSION, carrier_id=GROUP, group_data={"carrier_group_id": "AB-1"}),
            )
        )
    )

    (found,) = http_stub.client().connections_at(CARRIER, "AB-1")

    assert found.id == ID
    assert http_stub.query["carrier_id"] == CARRIER
    assert http_stub.query["carrier_group_id"] == "AB-1"


@pytest.mark.parametrize(
    ("row", "reason"),
    [({"id": VERSION}, "could not be read"), (connection_json(group_data=None), "no carrier group id")],
    ids=["nothing but an id", "no group"],
)
def test_one_connection_that_may_be_the_wanted_one_makes_the_list_unreadable(row: object, reason: str) -> None:
    http_stub = stub_with(json_response(page_json(connection_json(), row)))

    with pytest.raises(UnreadableAnswer, match=reason):
        http_stub.client().connections_at(CARRIER, "AB-1")


def test_disconnections_at_a_carrier_are_exactly_those_of_the_group() -> None:
    ours, unnamed = disconnection_json(), disconnection_json(id=VERSION, group_id=None)
    others = [disconnection_json(id=GROUP, group_id=ID), disconnection_json(id=CARRIER, carrier_id=ID)]
    http_stub = stub_with(json_response(page_json(ours, *others, unnamed)))

    found = http_stub.client().disconnections_at(GROUP.upper(), CARRIER)

    assert [record.id for record in found] == [ID, VERSION]
    assert http_stub.query == {"group_id": GROUP, "carrier_id": CARRIER, "offset": "0", "page_size": "50"}


def test_one_unreadable_disconnection_makes_the_list_unreadable() -> None:
    http_stub = stub_with(json_response(page_json(disconnection_json(), {"id": VERSION})))

    with pytest.raises(UnreadableAnswer, match="could not be read"):
        http_stub.client().disconnections_at(GROUP, CARRIER)


def test_connections_of_a_group_are_listed_with_and_without_a_status() -> None:
    http_stub = stub_with(json_response(page_json(connection_json())))
    client = http_stub.client()

    client.connections_of_group(GROUP)
    found = client.connections_of_group(GROUP, statuses=["created", "completed"], offset=5, page_size=6)

    assert [row.row_id for row in found.rows] == [ID]
    assert http_stub.called == [f"GET /api/v1/groups/{GROUP}/group_connections"] * 2
    assert "status" not in http_stub.sent[0].url.params
    assert http_stub.sent[1].url.params["status"] == "created,completed"


def test_reading_a_list_only_sends_get() -> None:
    http_stub = stub_with(json_response(page_json()))
    client = http_stub.client()

    for kind in (EntityKind.CONNECTION, EntityKind.DISCONNECTION):
        client.newest(kind, offset=0, page_size=5)
    assert {request.method for request in http_stub.sent} == {"GET"}


def test_groups_are_found_by_name_and_by_carrier_group_id() -> None:
    http_stub = stub_with(json_response(page_json(group_json(dba_name="Tests R Us"), {"name": "unreadable"})))
    client = http_stub.client()

    (named,) = client.groups_named("test")
    (at,) = client.groups_at(CARRIER, "00110011")

    assert (named.name, named.also_known_as) == ("Test Company", "Tests R Us")
    assert at == named
    assert http_stub.sent[0].url.params["company"] == "test"
    assert dict(http_stub.sent[1].url.params) == {"carrier_id": CARRIER, "carrier_group_id": "00110011"}


def test_eligibility_is_read_for_one_carrier_or_all() -> None:
    answer = {"group_id": GROUP, "carrier_id": CARRIER, "eligibility": "eligible"}
    rules = [{"rule": "size", "result": "passed", "description": "Big enough"}, {}]
    http_stub = stub_with(
        json_response({**answer, "eligibility_rules": rules}),
        json_response([answer, answer]),
        json_response({"response": [answer]}),
    )
    client = http_stub.client()

    (eligibility,) = client.eligibility(GROUP, CARRIER)

    assert http_stub.sent[0].url.params["carrier_id"] == CARRIER
    assert (eligibility.eligibility, eligibility.rules[0].rule, eligibility.rules[1].rule) == ("eligible", "size", "")
    assert len(client.eligibility(GROUP)) == 2
    assert len(client.eligibility(GROUP)) == 1
    assert "carrier_id" not in http_stub.sent[1].url.params


def test_connection_of_a_new_group_sends_every_field() -> None:
    http_stub = stub_with(json_response(connection_json(), 201))

    connection = http_stub.client().request_connection(
        CARRIER.upper(),
        "00110011",
        "Test Company",
        SENSITIVE,
        ConnectionOptions(ignore_eligibility=True, data_exchange=DataExchange.EDI),
    )

    assert connection.id == ID
    assert http_stub.called == ["POST /api/v1/group_connections"]
    assert list(http_stub.bodies) == [
        {
            "carrier_id": CARRIER,
            "group_data": {
                "carrier_group_id": "00110011",
                "group_name": "Test Company",
                "broker_federal_ein": "223456789",
                "broker_tin": "323-45-6789",
                "employer_email_address": "boss@example.com",
            },
            "federal_ein": "123456789",
            "ignore_eligibility": True,
            "data_exchange_configuration": "edi",
        }
    ]


def test_blank_fields_are_not_sent() -> None:
    http_stub = stub_with(json_response(connection_json(), 201))

    http_stub.client().request_connection(CARRIER, "00110011", "Test Company", SensitiveFields(federal_ein=""))

    assert list(http_stub.bodies) == [
        {"carrier_id": CARRIER, "group_data": {"carrier_group_id": "00110011", "group_name": "Test Company"}}
    ]


def test_connection_of_an_existing_group_sends_neither_name_nor_ein() -> None:
    http_stub = stub_with(json_response(connection_json(), 201))
    client = http_stub.client()

    client.request_connection_of_group(GROUP, CARRIER, "00110011", SensitiveFields(broker_tin="323-45-6789"))

    assert http_stub.called == [f"POST /api/v1/groups/{GROUP}/group_connections"]
    assert list(http_stub.bodies) == [
        {"carrier_id": CARRIER, "group_data": {"carrier_group_id": "00110011", "broker_tin": "323-45-6789"}}
    ]
    with pytest.raises(ValueError, match="does not accept it here"):
        client.request_connection_of_group(GROUP, CARRIER, "00110011", SENSITIVE)


def test_retry_sends_only_corrected_fields() -> None:
    http_stub = stub_with(json_response(connection_json(), 201))
    client = http_stub.client()

    client.retry_connection(ID, RetryRequest("00110012"), SENSITIVE)
    client.retry_connection(ID, RetryRequest(), SensitiveFields())

    assert http_stub.called == [f"PUT /api/v1/group_connections/{ID}/retry"] * 2
    assert list(http_stub.bodies) == [
        {
            "carrier_group_id": "00110012",
            "broker_federal_ein": "223456789",
            "broker_tin": "323-45-6789",
            "employer_email_address": "boss@example.com",
            "federal_ein": "123456789",
        },
        {},
    ]


def test_disconnection_request_sends_a_date_without_time() -> None:
    http_stub = stub_with(json_response(disconnection_json(), 201))

    http_stub.client().request_disconnection(
        CARRIER,
        GROUP,
        datetime(2025, 1, 31, 23, 59),  # noqa: DTZ001 - the test is that the time of day is not sent
        reason=DisconnectionReason.TERMINATED,
        context="They left.",
    )

    assert http_stub.called == ["POST /api/v1/group_disconnection_requests"]
    assert list(http_stub.bodies) == [
        {
            "carrier_id": CARRIER,
            "group_id": GROUP,
            "effective_end_date": "2025-01-31",
            "reason": "terminated",
            "context": "They left.",
        }
    ]


@pytest.mark.parametrize("reason", DisconnectionReason)
def test_noyo_accepts_every_disconnection_reason(reason: DisconnectionReason) -> None:
    http_stub = stub_with(json_response(disconnection_json(), 201))

    http_stub.client().request_disconnection(CARRIER, GROUP, date(2025, 1, 31), reason=reason)

    assert len(http_stub.sent) == 1


def test_decision_names_its_version() -> None:
    http_stub = stub_with(json_response(disconnection_json()))
    client = http_stub.client()

    client.decide_disconnection(ID, VERSION, Decision.APPROVE, effective_end_date=date(2025, 1, 31))
    client.decide_disconnection(ID, VERSION, Decision.REJECT, reason=DecisionReason.PAYMENT_REINSTATED, context="Paid.")

    assert http_stub.called == [f"PUT /api/v1/group_disconnection_requests/{ID}/{VERSION}"] * 2
    assert list(http_stub.bodies) == [
        {"status": "processing", "effective_end_date": "2025-01-31"},
        {"status": "rejected", "reason": "payment_reinstated", "context": "Paid."},
    ]


@pytest.mark.parametrize("reason", DecisionReason)
def test_noyo_accepts_every_decision_reason(reason: DecisionReason) -> None:
    http_stub = stub_with(json_response(disconnection_json()))

    http_stub.client().decide_disconnection(ID, VERSION, Decision.REJECT, reason=reason)

    assert len(http_stub.sent) == 1


def test_rejection_has_a_body_only_with_a_reason() -> None:
    http_stub = stub_with(json_response(disconnection_json(status="rejected")))
    client = http_stub.client()

    client.reject_disconnection(ID)
    client.reject_disconnection(ID, reason=DecisionReason.OTHER, context="No.")

    assert http_stub.called == [f"PUT /api/v1/group_disconnection_requests/{ID}/reject"] * 2
    assert list(http_stub.bodies) == [None, {"reason": "other", "context": "No."}]


@pytest.mark.parametrize("text", INVALID_IDS)
def test_only_a_uuid_becomes_part_of_a_path(text: str) -> None:
    http_stub = stub_with(json_response({}))
    client: NoyoHttpClient = http_stub.client()
    calls = [
        lambda: client.connection(text),
        lambda: client.disconnection(text),
        lambda: client.by_ids(EntityKind.CONNECTION, [ID, text]),
        lambda: client.connections_at(text, "1"),
        lambda: client.connections_of_group(text),
        lambda: client.disconnections_at(text, CARRIER),
        lambda: client.disconnections_at(GROUP, text),
        lambda: client.groups_at(text, "1"),
        lambda: client.eligibility(text),
        lambda: client.request_connection(text, "1", "Test", SensitiveFields()),
        lambda: client.request_connection_of_group(text, CARRIER, "1", SensitiveFields()),
        lambda: client.request_connection_of_group(GROUP, text, "1", SensitiveFields()),
        lambda: client.retry_connection(text, RetryRequest(), SensitiveFields()),
        lambda: client.request_disconnection(text, GROUP, date(2025, 1, 1)),
        lambda: client.request_disconnection(CARRIER, text, date(2025, 1, 1)),
        lambda: client.decide_disconnection(text, VERSION, Decision.APPROVE),
        lambda: client.decide_disconnection(ID, text, Decision.APPROVE),
        lambda: client.reject_disconnection(text),
    ]

    for call in calls:
        with pytest.raises(ValueError, match="is not a UUID"):
            call()
    assert http_stub.sent == []


@pytest.mark.parametrize("text", ["", " \t"])
def test_required_text_must_not_be_empty(text: str) -> None:
    http_stub = stub_with(json_response({}))
    client = http_stub.client()

    for call in (
        lambda: client.request_connection(CARRIER, text, "Test", SensitiveFields()),
        lambda: client.request_connection(CARRIER, "1", text, SensitiveFields()),
        lambda: client.connections_at(CARRIER, text),
        lambda: client.groups_named(text),
    ):
        with pytest.raises(ValueError, match="is empty"):
            call()
    assert http_stub.sent == []


@pytest.mark.parametrize(("offset", "page_size"), [(-1, 10), (0, 0), (0, 4), (0, 101)])
def test_invalid_page_is_not_requested(offset: int, page_size: int) -> None:
    with pytest.raises(ValueError, match="a page begins"):
        stub_with(json_response({})).client().newest(EntityKind.CONNECTION, offset=offset, page_size=page_size)


def test_status_filter_needs_a_status() -> None:
    with pytest.raises(ValueError, match="no status was given"):
        stub_with(json_response({})).client().in_status(EntityKind.CONNECTION, [], offset=0, page_size=10)
