"""Every way in which a call to Noyo can fail becomes NotSent, NoAnswer, NoyoRefused or UnreadableAnswer."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest

from bot import policies
from bot.domain.polling import PAGE_ROW
from bot.domain.records import EntityKind
from bot.domain.requests import SensitiveFields
from bot.errors import NoAnswer, NotSent, NoyoError, NoyoRefused, UnreadableAnswer
from bot.noyo.client import NoyoHttpClient
from bot.noyo.responses import MAX_MESSAGE_LENGTH
from bot.noyo.transport import HttpTransport
from tests.noyo.http_stub import (
    CARRIER,
    ID,
    NOW,
    VERSION,
    HttpStub,
    connection_json,
    json_response,
    page_json,
    stub_with,
    token_response,
)

NOTHING_SENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("full"),
    httpx.ProxyError("no proxy"),
]
MAYBE_SENT = [
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.RemoteProtocolError("server disconnected without sending a response"),
    httpx.LocalProtocolError("odd header"),
]


class ChunkStream(httpx.SyncByteStream):
    def __init__(self, *chunks: bytes | Exception, between: Callable[[], None] = lambda: None) -> None:
        self._chunks = chunks
        self._between = between

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._between()
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


def streamed_response(
    status: int, *chunks: bytes | Exception, headers: dict[str, str] | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, headers=headers, stream=ChunkStream(*chunks))


def failed_write(
    http_stub: HttpStub, sensitive: SensitiveFields | None = None, carrier_group_id: str = "00110011"
) -> NoyoError:
    """Request a connection, which must fail; returns the error."""
    with pytest.raises(NoyoError) as caught:
        http_stub.client().request_connection(CARRIER, carrier_group_id, "Test Company", sensitive or SensitiveFields())
    return caught.value


def failed_read(http_stub: HttpStub) -> NoyoError:
    with pytest.raises(NoyoError) as caught:
        http_stub.client().connection(ID)
    return caught.value


# ---------------------------------------------------------------- writes


@pytest.mark.parametrize("fault", NOTHING_SENT, ids=repr)
def test_write_without_a_connection_was_not_sent(fault: Exception) -> None:
    http_stub = stub_with(fault)

    assert type(failed_write(http_stub)) is NotSent
    assert len(http_stub.sent) == 1


@pytest.mark.parametrize("fault", MAYBE_SENT, ids=repr)
def test_write_that_may_have_arrived_is_not_repeated(fault: Exception) -> None:
    http_stub = stub_with(fault)

    assert isinstance(failed_write(http_stub), NoAnswer)
    assert len(http_stub.sent) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_write_is_not_repeated_after_a_server_error(status: int) -> None:
    http_stub = stub_with(httpx.Response(status, headers={"Retry-After": "1"}, text="<h1>Oops</h1>"))

    assert isinstance(failed_write(http_stub), NoAnswer)
    assert len(http_stub.sent) == 1


@pytest.mark.parametrize("status", [408, 429])
def test_write_that_noyo_throttles_was_not_sent(status: int) -> None:
    http_stub = stub_with(httpx.Response(status, headers={"Retry-After": "17"}))

    error = failed_write(http_stub)

    assert isinstance(error, NotSent)
    assert error.retry_after == 17
    assert len(http_stub.sent) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True), 90),
        (format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True), 0),
        ("Tue, 14 Nov 2023 22:14:20 -0000", 60),
        (" 3 ", 3),
        ("86400", policies.NOYO_RETRY_AFTER_MAX_SECONDS),
        ("9" * 5000, None),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: int | None) -> None:
    headers = {} if header is None else {"Retry-After": header}

    error = failed_write(stub_with(httpx.Response(429, headers=headers)))

    assert isinstance(error, NotSent)
    assert error.retry_after == seconds


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304])
def test_redirect_is_unreadable_and_not_followed(status: int) -> None:
    http_stub = stub_with(httpx.Response(status, headers={"Location": "https://elsewhere.invalid/"}))

    assert isinstance(failed_write(http_stub), UnreadableAnswer)
    assert len(http_stub.sent) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_success_without_valid_json_is_unreadable(content: bytes) -> None:
    http_stub = stub_with(httpx.Response(201, content=content))

    assert isinstance(failed_write(http_stub), UnreadableAnswer)
    assert len(http_stub.sent) == 1


def test_success_that_is_too_long_is_unreadable() -> None:
    chunk = b" " * (policies.NOYO_MAX_RESPONSE_BYTES // 4)

    assert "longer than" in str(failed_write(stub_with(streamed_response(201, *[chunk] * 5))))


def test_success_with_an_invalid_encoding_is_unreadable() -> None:
    broken = streamed_response(201, b"no gzip", headers={"Content-Encoding": "gzip"})

    assert isinstance(failed_write(stub_with(broken)), UnreadableAnswer)


def test_incomplete_success_is_no_answer() -> None:
    http_stub = stub_with(streamed_response(201, b'{"id": "dd9a', httpx.RemoteProtocolError("incomplete")))

    assert isinstance(failed_write(http_stub), NoAnswer)
    assert len(http_stub.sent) == 1


def test_slow_success_is_no_answer_after_the_timeout() -> None:
    http_stub = HttpStub([])

    def tick() -> None:
        http_stub.now += 3

    http_stub.answers = [lambda _: httpx.Response(201, stream=ChunkStream(*[b" "] * 50, between=tick))]

    assert isinstance(failed_write(http_stub), NoAnswer)
    assert http_stub.now - NOW < 30


def test_another_record_is_unreadable() -> None:
    assert isinstance(failed_read(stub_with(json_response(connection_json(id=VERSION)))), UnreadableAnswer)


# ---------------------------------------------------------------- tokens


def test_write_is_repeated_once_with_a_new_token_after_a_401() -> None:
    http_stub = stub_with(httpx.Response(401), json_response(connection_json(), 201))
    http_stub.tokens = [token_response("old"), token_response("new")]

    http_stub.client().request_connection(CARRIER, "00110011", "Test Company", SensitiveFields())

    assert [request.headers["Authorization"] for request in http_stub.sent] == ["Bearer old", "Bearer new"]
    assert http_stub.sent[0].content == http_stub.sent[1].content
    assert len(http_stub.token_requests) == 2


@pytest.mark.parametrize("ending", [failed_write, failed_read])
def test_second_401_means_not_sent_without_another_attempt(ending: Callable[[HttpStub], NoyoError]) -> None:
    http_stub = stub_with(httpx.Response(401))

    assert isinstance(ending(http_stub), NotSent)
    assert (len(http_stub.sent), len(http_stub.token_requests), http_stub.pauses) == (2, 2, [])


def test_write_repeated_after_a_401_may_have_no_answer() -> None:
    http_stub = stub_with(httpx.Response(401), httpx.ReadTimeout("slow"))

    assert isinstance(failed_write(http_stub), NoAnswer)
    assert len(http_stub.sent) == 2


@pytest.mark.parametrize(
    "failure",
    [
        *NOTHING_SENT,
        *MAYBE_SENT,
        httpx.Response(500),
        httpx.Response(302),
        httpx.Response(200, text="<html>"),
        json_response([]),
        json_response({"access_token": 7}),
        json_response({"access_token": ""}),
        json_response({"access_token": "a\r\nb: c"}),
        json_response({"access_token": "tökén"}),
    ],
    ids=repr,
)
def test_write_is_not_sent_without_a_token(failure: httpx.Response | Exception) -> None:
    http_stub = stub_with(json_response(connection_json(), 201))
    http_stub.tokens = [failure]

    assert isinstance(failed_write(http_stub), NotSent)
    assert http_stub.sent == []


def test_retry_after_of_the_token_endpoint_is_passed_on() -> None:
    http_stub = stub_with(json_response(connection_json(), 201))
    http_stub.tokens = [httpx.Response(429, headers={"Retry-After": "9"})]

    error = failed_write(http_stub)

    assert isinstance(error, NotSent)
    assert error.retry_after == 9


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials_are_named_and_not_retried(status: int) -> None:
    http_stub = stub_with(json_response(connection_json()))
    http_stub.tokens = [httpx.Response(status)]

    error = failed_read(http_stub)

    assert isinstance(error, NotSent)
    assert "client id and secret" in str(error)
    assert (http_stub.sent, len(http_stub.token_requests), http_stub.pauses) == ([], 1, [])


# ---------------------------------------------------------------- reads


@pytest.mark.parametrize(
    "fault",
    [
        *NOTHING_SENT,
        *MAYBE_SENT,
        httpx.Response(503),
        httpx.Response(429),
        pytest.param(streamed_response(200, httpx.ReadError("reset")), id="an incomplete answer"),
    ],
    ids=repr,
)
def test_read_is_repeated_after_a_temporary_error(fault: httpx.Response | Exception) -> None:
    http_stub = stub_with(fault, fault, json_response(connection_json()))

    assert http_stub.client().connection(ID).id == ID
    assert http_stub.pauses == [0.25, 0.5]


def test_read_is_repeated_after_a_temporary_token_error() -> None:
    http_stub = stub_with(json_response(connection_json()))
    http_stub.tokens = [httpx.ConnectError("refused"), token_response()]

    assert http_stub.client().connection(ID).id == ID


@pytest.mark.parametrize(("fault", "kind"), [(httpx.ConnectError("x"), NotSent), (httpx.ReadTimeout("x"), NoAnswer)])
def test_read_fails_after_four_attempts(fault: Exception, kind: type[NoyoError]) -> None:
    http_stub = stub_with(fault)

    assert isinstance(failed_read(http_stub), kind)
    assert len(http_stub.sent) == policies.NOYO_READ_ATTEMPTS == 4


@pytest.mark.parametrize("status", [429, 503])
def test_read_waits_for_the_retry_after(status: int) -> None:
    http_stub = stub_with(httpx.Response(status, headers={"Retry-After": "12"}), json_response(connection_json()))

    http_stub.client().connection(ID)

    assert http_stub.pauses == [12]


def test_read_does_not_wait_beyond_its_deadline() -> None:
    http_stub = stub_with(httpx.Response(429, headers={"Retry-After": "41"}))

    error = failed_read(http_stub)

    assert isinstance(error, NotSent)
    assert error.retry_after == 41
    assert http_stub.pauses == []


def test_read_that_times_out_twice_is_not_repeated() -> None:
    http_stub = HttpStub([])

    def slow(_: httpx.Request) -> httpx.Response:
        http_stub.now += 20
        raise httpx.ReadTimeout("slow")

    http_stub.answers = [slow]

    assert isinstance(failed_read(http_stub), NoAnswer)
    assert len(http_stub.sent) == 2


def test_last_attempt_of_a_read_gets_the_time_that_is_left() -> None:
    http_stub = HttpStub([])

    def slow(request: httpx.Request) -> httpx.Response:
        allowed.append(request.extensions["timeout"]["read"])
        http_stub.now += 15
        raise httpx.ReadTimeout("slow")

    allowed: list[float] = []
    http_stub.answers = [slow]

    failed_read(http_stub)

    assert allowed == [20, 20, pytest.approx(policies.NOYO_READ_TIMEOUTS * 20 - 30 - 0.75)]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_refused_read_is_not_repeated(status: int) -> None:
    http_stub = stub_with(httpx.Response(status))

    error = failed_read(http_stub)

    assert isinstance(error, NoyoRefused)
    assert error.status == status
    assert len(http_stub.sent) == 1


UNREADABLE = {
    "over 8 MiB": b'{"notes": "' + b"x" * policies.NOYO_MAX_RESPONSE_BYTES + b'"}',
    "an integer of 5,000 digits": b'{"notes": ' + b"9" * 5000 + b"}",
    "nested 100,000 deep": b'{"notes": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("call", [failed_read, failed_write])
def test_answer_that_cannot_be_read_says_why(call: Callable[[HttpStub], NoyoError], content: bytes) -> None:
    http_stub = stub_with(httpx.Response(200, content=content))
    error = call(http_stub)

    assert type(error) is UnreadableAnswer
    assert "not JSON" not in str(error)
    assert len(http_stub.sent) == 1


def test_unreadable_read_is_not_repeated() -> None:
    http_stub = stub_with(httpx.Response(200, text="<html>"))

    assert isinstance(failed_read(http_stub), UnreadableAnswer)
    assert len(http_stub.sent) == 1


@pytest.mark.parametrize("body", [[], {"response": {}}, {"response": None}, {"rows": []}, "text", 7, None])
def test_answer_without_a_list_is_unreadable(body: object) -> None:
    with pytest.raises(UnreadableAnswer):
        stub_with(json_response(body)).client().newest(EntityKind.CONNECTION, offset=0, page_size=10)


def test_endless_list_is_unreadable() -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["offset"])
        row = connection_json(id=f"00000000-0000-4000-8000-{number:012}")
        return json_response(page_json(row, total_records=None))

    with pytest.raises(UnreadableAnswer, match="does not end"):
        stub_with(endless).client().connections_at(CARRIER, "00110011")


ROWS = [connection_json(id=f"00000000-0000-4000-8000-{number:012}") for number in range(20)]
UNKNOWN = PAGE_ROW


def list_with_unreadable_rows(*unreadable: int, rows: Sequence[dict[str, object]] = ROWS) -> HttpStub:
    """Every answer that holds one of the `unreadable` rows is not JSON; 422 past the end; a read by id is one row."""

    def answer(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        if "offset" not in query:
            number = [row["id"] for row in rows].index(request.url.path.rpartition("/")[2])
            return json_response(rows[number]) if number not in unreadable else httpx.Response(200, text="[")
        start, size = int(query["offset"]), int(query["page_size"])
        if start >= len(rows):
            return httpx.Response(422)
        order = range(len(rows))[:: -1 if query.get("sort_direction") == "asc" else 1]
        shown = order[start : start + size]
        if set(shown) & set(unreadable):
            return httpx.Response(200, text="[")
        return json_response(page_json(*(rows[number] for number in shown), offset=start, total_records=len(rows)))

    return HttpStub([answer])


def rows_until_the_end(client: NoyoHttpClient) -> list[str]:
    found: list[str] = []
    total = None
    while total is None or len(found) < total:
        page = client.newest(EntityKind.CONNECTION, offset=len(found), page_size=100)
        found += [row.row_id[-2:] if row.record else row.row_id for row in page.rows]
        total = page.total
    return found


@pytest.mark.parametrize("unreadable", range(20))
@pytest.mark.parametrize("length", [20, 8, 3, 1])
def test_one_row_that_makes_its_pages_unreadable_hides_no_other(unreadable: int, length: int) -> None:
    number = unreadable % length
    http_stub = list_with_unreadable_rows(number, rows=ROWS[:length])

    found = rows_until_the_end(http_stub.client())

    assert found == [f"{row:02}" if row != number else UNKNOWN for row in range(length)]
    assert len(http_stub.sent) <= 25


def test_an_unreadable_page_is_asked_for_in_smaller_parts() -> None:
    http_stub = list_with_unreadable_rows(14)

    page = http_stub.client().newest(EntityKind.CONNECTION, offset=0, page_size=100)

    assert [row.row_id[-2:] for row in page.rows] == [f"{number:02}" for number in range(12)]
    assert [int(request.url.params["page_size"]) for request in http_stub.sent] == [100, 50, 25, 12]


def test_rows_between_two_unreadable_ones_may_be_hidden_and_no_others() -> None:
    found = rows_until_the_end(list_with_unreadable_rows(2, 6, 12).client())

    assert [number for number in range(20) if f"{number:02}" not in found] == [2, 3, 4, 5, 6, 12]
    assert len(found) == 20


def test_a_list_of_unreadable_rows_alone_is_unreadable_after_a_limited_number_of_requests() -> None:
    http_stub = stub_with(httpx.Response(200, text="["))

    with pytest.raises(UnreadableAnswer):
        http_stub.client().newest(EntityKind.CONNECTION, offset=0, page_size=100)

    assert len(http_stub.sent) == 6 + policies.NOYO_MAX_UNREADABLE_PAGES


def test_a_refused_page_is_refused() -> None:
    http_stub = stub_with(httpx.Response(200, text="["), httpx.Response(422))

    with pytest.raises(NoyoRefused):
        http_stub.client().newest(EntityKind.CONNECTION, offset=7, page_size=5)


@pytest.mark.parametrize("unreadable", [{3}, set(range(20))], ids=["one of them", "all of them"])
def test_records_that_no_page_shows_are_read_by_id(unreadable: set[int]) -> None:
    ids = [str(row["id"]) for row in ROWS]

    page = list_with_unreadable_rows(*unreadable).client().by_ids(EntityKind.CONNECTION, ids)

    assert sorted(row.row_id for row in page.rows) == ids
    assert {row.row_id for row in page.rows if row.record is None} == {ids[number] for number in unreadable}


def test_a_search_among_unreadable_rows_is_unreadable() -> None:
    with pytest.raises(UnreadableAnswer):
        list_with_unreadable_rows(3).client().connections_at(CARRIER, "00110011")


def test_list_that_ignores_the_offset_ends_after_a_repeated_page() -> None:
    http_stub = stub_with(json_response({"response": [connection_json()]}))

    assert len(http_stub.client().by_ids(EntityKind.CONNECTION, [ID]).rows) == 1
    assert len(http_stub.sent) == 2


@pytest.mark.parametrize(
    ("date", "difference"),
    [("Tue, 14 Nov 2023 22:14:20 GMT", 60.0), ("Tue, 14 Nov 2023 22:12:20 GMT", -60.0), ("today", None), ("", None)],
)
def test_clock_difference_is_read_from_the_date_of_the_answer(date: str, difference: float | None) -> None:
    network = httpx.MockTransport(lambda _: httpx.Response(200, headers={"Date": date}))
    transport = HttpTransport(timeout_seconds=5, clock=lambda: NOW, transport=network)

    transport.send(httpx.Request("GET", "https://noyo.invalid"), reuse=True)

    assert transport.clock_difference == difference


# ---------------------------------------------------------------- Noyo's messages


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "Duplicate group connection"}, "Duplicate group connection"),
        ({"error": "Nope"}, "Nope"),
        ({"errors": ["One", {"detail": "Two"}, 3, None, True]}, "One; Two; 3"),
        ({"errors": {"group_data": {"carrier_group_id": ["Missing"]}}}, "group_data: carrier_group_id: Missing"),
        ({"message": "Bad", "errors": {"name": "Long"}}, "Bad; name: Long"),
        ({"message": "Bad", "error": "Bad"}, "Bad"),
        ({"detail": [{"loc": ["body", "carrier_id"], "msg": "bad"}]}, "loc: body; carrier_id; msg: bad"),
        ("Plain text", "Plain text"),
        (["One", "Two"], "One; Two"),
        ({"message": "Two\r\nlines\x00\u202e"}, "Two lines"),
        ({"message": "\ud800half"}, "half"),
    ],
)
def test_refusal_carries_noyos_message(body: object, message: str) -> None:
    error = failed_write(stub_with(httpx.Response(422, content=json.dumps(body).encode())))

    assert isinstance(error, NoyoRefused)
    assert (error.message, str(error), error.status) == (message, message, 422)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"{}", b'{"message": ""}', b'{"message": null}', b'{"code": "E1"}', b"7", b"[" * 100_000],
    ids=lambda content: repr(content[:12]),
)
@pytest.mark.parametrize("status", [403, 404, 409, 422, 418])
def test_refusal_without_a_message_gets_a_default_with_its_status(status: int, content: bytes) -> None:
    error = failed_write(stub_with(httpx.Response(status, content=content)))

    assert isinstance(error, NoyoRefused)
    assert str(status) in error.message


def test_incomplete_refusal_is_still_a_refusal() -> None:
    http_stub = stub_with(streamed_response(409, b'{"message": "Dupl', httpx.ReadError("reset")))

    error = failed_write(http_stub)

    assert isinstance(error, NoyoRefused)
    assert "409" in error.message


def test_deeply_nested_refusal_is_shortened() -> None:
    nested: object = "deep"
    for _ in range(50):
        nested = {"x": nested}

    error = failed_write(stub_with(json_response({"message": "Bad", "errors": nested}, 422)))

    assert isinstance(error, NoyoRefused)
    assert error.message == "Bad"


def test_refusal_is_shortened_to_five_hundred_characters() -> None:
    error = failed_write(stub_with(json_response({"message": "word " * 1000}, 422)))

    assert isinstance(error, NoyoRefused)
    assert len(error.message) <= MAX_MESSAGE_LENGTH == 500
    assert error.message.endswith("…")


def test_refusal_masks_tax_numbers_but_not_the_carrier_group_id() -> None:
    body = {"message": "123456789 clashes with 987654321 and 12-3456789"}

    error = failed_write(stub_with(json_response(body, 409)), carrier_group_id="123456789")

    assert str(error) == "123456789 clashes with ••• and •••"


def test_refusal_masks_sensitive_values() -> None:
    typed = SensitiveFields(broker_tin="1234", employer_email_address="Boss@Example.com")
    body = {"errors": {"employer_email_address": ["boss@example.COM is no address"], "broker_tin": "1234?"}}

    error = failed_write(stub_with(json_response(body, 422)), typed)

    assert str(error) == "employer_email_address: ••• is no address; broker_tin: •••?"


# ---------------------------------------------------------------- what is kept private


def test_requests_and_answers_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    http_stub = stub_with(httpx.Response(500), json_response(connection_json(federal_ein="987654321")))
    client = http_stub.client()

    client.connection(ID)

    assert caplog.records == []


def test_errors_and_their_causes_contain_no_values_of_the_answer() -> None:
    error: BaseException | None = failed_read(
        stub_with(json_response(connection_json(version="987654321", federal_ein="987654321")))
    )

    messages = []
    while error is not None:
        messages.append(str(error))
        error = error.__cause__
    assert len(messages) == 2
    assert "version" in messages[0]
    assert "987654321" not in " ".join(messages)


def test_client_does_not_reveal_its_secret() -> None:
    client: NoyoHttpClient = stub_with(json_response({})).client()

    assert "secret" not in repr(client) + repr(vars(client))
