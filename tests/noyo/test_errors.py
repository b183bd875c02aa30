"""What becomes of each way in which Noyo can fail us: nothing done, no answer, a clear no, or unreadable."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest

from bot.domain.entities import EntityKind
from bot.domain.operations import SensitiveFields
from bot.errors import NoAnswer, NotSent, NoyoError, NoyoRefused, UnreadableAnswer
from bot.noyo.client import NoyoHttpClient
from bot.noyo.responses import LONGEST_WAIT_SECONDS, MOST_WORDS
from bot.noyo.retry import MOST_TRIES
from bot.noyo.session import READ_TIMEOUTS
from bot.noyo.transport import MOST_BYTES
from tests.noyo.wire import CARRIER, ID, NOW, VERSION, Wire, answering, connection_json, ok, page_json, token

NEVER_LEFT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("full"),
    httpx.ProxyError("no proxy"),
]
LEFT = [
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.RemoteProtocolError("server disconnected without sending a response"),
    httpx.LocalProtocolError("odd header"),
]


class Chunks(httpx.SyncByteStream):
    def __init__(self, *chunks: bytes | Exception, between: Callable[[], None] = lambda: None) -> None:
        self._chunks = chunks
        self._between = between

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._between()
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


def streamed(
    status: int, *chunks: bytes | Exception, headers: dict[str, str] | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, headers=headers, stream=Chunks(*chunks))


def write(
    wire: Wire, sensitive: SensitiveFields | None = None, carrier_group_id: str = "00110011"
) -> NoyoError:
    """The error that a request for a connection ends in."""
    with pytest.raises(NoyoError) as caught:
        wire.client().request_connection(
            CARRIER, carrier_group_id, "Test Company", sensitive or SensitiveFields()
        )
    return caught.value


def read(wire: Wire) -> NoyoError:
    with pytest.raises(NoyoError) as caught:
        wire.client().connection(ID)
    return caught.value


# ---------------------------------------------------------------- writes


@pytest.mark.parametrize("fault", NEVER_LEFT, ids=repr)
def test_a_write_that_never_left_was_not_sent(fault: Exception) -> None:
    wire = answering(fault)

    assert type(write(wire)) is NotSent
    assert len(wire.sent) == 1


@pytest.mark.parametrize("fault", LEFT, ids=repr)
def test_a_write_that_may_have_arrived_has_no_answer_and_is_not_repeated(fault: Exception) -> None:
    wire = answering(fault)

    assert isinstance(write(wire), NoAnswer)
    assert len(wire.sent) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_write_at_which_noyo_fails_has_no_answer_and_is_not_repeated(status: int) -> None:
    wire = answering(httpx.Response(status, headers={"Retry-After": "1"}, text="<h1>Oops</h1>"))

    assert isinstance(write(wire), NoAnswer)
    assert len(wire.sent) == 1


@pytest.mark.parametrize("status", [408, 429])
def test_a_write_that_noyo_has_no_time_for_was_not_sent(status: int) -> None:
    wire = answering(httpx.Response(status, headers={"Retry-After": "17"}))

    error = write(wire)

    assert isinstance(error, NotSent)
    assert error.retry_after == 17
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True), 90),
        (format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True), 0),
        ("Tue, 14 Nov 2023 22:14:20 -0000", 60),
        (" 3 ", 3),
        ("86400", LONGEST_WAIT_SECONDS),
        ("9" * 5000, None),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_the_wish_to_wait_is_read_as_seconds_or_as_a_date(header: str | None, seconds: int | None) -> None:
    headers = {} if header is None else {"Retry-After": header}

    error = write(answering(httpx.Response(429, headers=headers)))

    assert isinstance(error, NotSent)
    assert error.retry_after == seconds


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304])
def test_a_redirect_is_not_followed_but_unreadable(status: int) -> None:
    wire = answering(httpx.Response(status, headers={"Location": "https://elsewhere.invalid/"}))

    assert isinstance(write(wire), UnreadableAnswer)
    assert len(wire.sent) == 1


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
def test_a_success_that_cannot_be_read_is_unreadable(content: bytes) -> None:
    wire = answering(httpx.Response(201, content=content))

    assert isinstance(write(wire), UnreadableAnswer)
    assert len(wire.sent) == 1


def test_a_success_without_end_is_given_up_as_unreadable() -> None:
    chunk = b" " * (MOST_BYTES // 4)

    assert "longer than" in str(write(answering(streamed(201, *[chunk] * 5))))


def test_a_success_that_is_not_encoded_as_it_says_is_unreadable() -> None:
    broken = streamed(201, b"no gzip", headers={"Content-Encoding": "gzip"})

    assert isinstance(write(answering(broken)), UnreadableAnswer)


def test_a_success_that_breaks_off_is_no_answer() -> None:
    wire = answering(streamed(201, b'{"id": "dd9a', httpx.RemoteProtocolError("incomplete")))

    assert isinstance(write(wire), NoAnswer)
    assert len(wire.sent) == 1


def test_a_success_that_comes_in_drops_is_no_answer_once_the_time_is_up() -> None:
    wire = Wire([])

    def tick() -> None:
        wire.now += 3

    wire.answers = [lambda _: httpx.Response(201, stream=Chunks(*[b" "] * 50, between=tick))]

    assert isinstance(write(wire), NoAnswer)
    assert wire.now - NOW < 30


def test_a_record_other_than_the_one_asked_for_is_unreadable() -> None:
    assert isinstance(read(answering(ok(connection_json(id=VERSION)))), UnreadableAnswer)


# ---------------------------------------------------------------- tokens


def test_after_a_401_a_new_token_is_fetched_once_and_the_write_is_repeated_once() -> None:
    wire = answering(httpx.Response(401), ok(connection_json(), 201))
    wire.tokens = [token("old"), token("new")]

    wire.client().request_connection(CARRIER, "00110011", "Test Company", SensitiveFields())

    assert [request.headers["Authorization"] for request in wire.sent] == ["Bearer old", "Bearer new"]
    assert wire.sent[0].content == wire.sent[1].content
    assert len(wire.token_requests) == 2


@pytest.mark.parametrize("ending", [write, read])
def test_a_second_401_means_that_nothing_was_done_and_nothing_more_is_tried(
    ending: Callable[[Wire], NoyoError],
) -> None:
    wire = answering(httpx.Response(401))

    assert isinstance(ending(wire), NotSent)
    assert (len(wire.sent), len(wire.token_requests), wire.pauses) == (2, 2, [])


def test_a_write_repeated_after_a_401_may_still_have_no_answer() -> None:
    wire = answering(httpx.Response(401), httpx.ReadTimeout("slow"))

    assert isinstance(write(wire), NoAnswer)
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        *NEVER_LEFT,
        *LEFT,
        httpx.Response(500),
        httpx.Response(302),
        httpx.Response(200, text="<html>"),
        ok([]),
        ok({"access_token": 7}),
        ok({"access_token": ""}),
        ok({"access_token": "a\r\nb: c"}),
        ok({"access_token": "tökén"}),
    ],
    ids=repr,
)
def test_trouble_with_the_token_means_that_the_write_was_not_sent(
    trouble: httpx.Response | Exception,
) -> None:
    wire = answering(ok(connection_json(), 201))
    wire.tokens = [trouble]

    assert isinstance(write(wire), NotSent)
    assert wire.sent == []


def test_a_busy_token_endpoint_says_when_to_come_back() -> None:
    wire = answering(ok(connection_json(), 201))
    wire.tokens = [httpx.Response(429, headers={"Retry-After": "9"})]

    error = write(wire)

    assert isinstance(error, NotSent)
    assert error.retry_after == 9


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials_are_named_and_not_tried_again(status: int) -> None:
    wire = answering(ok(connection_json()))
    wire.tokens = [httpx.Response(status)]

    error = read(wire)

    assert isinstance(error, NotSent)
    assert "client id and secret" in str(error)
    assert (wire.sent, len(wire.token_requests), wire.pauses) == ([], 1, [])


# ---------------------------------------------------------------- reads


@pytest.mark.parametrize(
    "fault",
    [
        *NEVER_LEFT,
        *LEFT,
        httpx.Response(503),
        httpx.Response(429),
        pytest.param(streamed(200, httpx.ReadError("reset")), id="an answer that breaks off"),
    ],
    ids=repr,
)
def test_a_read_is_repeated_after_trouble_that_passes(fault: httpx.Response | Exception) -> None:
    wire = answering(fault, fault, ok(connection_json()))

    assert wire.client().connection(ID).id == ID
    assert wire.pauses == [0.25, 0.5]


def test_a_read_outlives_trouble_with_the_token_that_passes() -> None:
    wire = answering(ok(connection_json()))
    wire.tokens = [httpx.ConnectError("refused"), token()]

    assert wire.client().connection(ID).id == ID


@pytest.mark.parametrize(
    ("fault", "kind"), [(httpx.ConnectError("x"), NotSent), (httpx.ReadTimeout("x"), NoAnswer)]
)
def test_a_read_is_given_up_after_four_tries(fault: Exception, kind: type[NoyoError]) -> None:
    wire = answering(fault)

    assert isinstance(read(wire), kind)
    assert len(wire.sent) == MOST_TRIES == 4


@pytest.mark.parametrize("status", [429, 503])
def test_a_read_waits_as_long_as_noyo_wishes(status: int) -> None:
    wire = answering(httpx.Response(status, headers={"Retry-After": "12"}), ok(connection_json()))

    wire.client().connection(ID)

    assert wire.pauses == [12]


def test_a_read_does_not_wait_beyond_its_deadline() -> None:
    wire = answering(httpx.Response(429, headers={"Retry-After": "41"}))

    error = read(wire)

    assert isinstance(error, NotSent)
    assert error.retry_after == 41
    assert wire.pauses == []


def test_a_read_that_was_slow_twice_is_not_tried_again() -> None:
    wire = Wire([])

    def slow(_: httpx.Request) -> httpx.Response:
        wire.now += 20
        raise httpx.ReadTimeout("slow")

    wire.answers = [slow]

    assert isinstance(read(wire), NoAnswer)
    assert len(wire.sent) == 2


def test_the_last_try_of_a_read_has_no_more_time_than_is_left() -> None:
    wire = Wire([])

    def slow(request: httpx.Request) -> httpx.Response:
        allowed.append(request.extensions["timeout"]["read"])
        wire.now += 15
        raise httpx.ReadTimeout("slow")

    allowed: list[float] = []
    wire.answers = [slow]

    read(wire)

    assert allowed == [20, 20, pytest.approx(READ_TIMEOUTS * 20 - 30 - 0.75)]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_clear_no_to_a_read_is_not_asked_again(status: int) -> None:
    wire = answering(httpx.Response(status))

    error = read(wire)

    assert isinstance(error, NoyoRefused)
    assert error.status == status
    assert len(wire.sent) == 1


def test_an_unreadable_answer_to_a_read_is_not_asked_for_again() -> None:
    wire = answering(httpx.Response(200, text="<html>"))

    assert isinstance(read(wire), UnreadableAnswer)
    assert len(wire.sent) == 1


@pytest.mark.parametrize("body", [[], {"response": {}}, {"response": None}, {"rows": []}, "text", 7, None])
def test_an_answer_that_is_no_list_is_unreadable(body: object) -> None:
    with pytest.raises(UnreadableAnswer):
        answering(ok(body)).client().newest(EntityKind.CONNECTION, offset=0, page_size=10)


def test_a_list_that_does_not_end_is_unreadable() -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["offset"])
        row = connection_json(id=f"00000000-0000-4000-8000-{number:012}")
        return ok(page_json(row, total_records=None))

    with pytest.raises(UnreadableAnswer, match="does not come to an end"):
        answering(endless).client().by_ids(EntityKind.CONNECTION, [ID])


def test_a_list_that_ignores_the_offset_is_read_once_over() -> None:
    wire = answering(ok({"response": [connection_json()]}))

    assert len(wire.client().by_ids(EntityKind.CONNECTION, [ID]).rows) == 1
    assert len(wire.sent) == 2


# ---------------------------------------------------------------- Noyo's words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "Duplicate group connection"}, "Duplicate group connection"),
        ({"error": "Nope"}, "Nope"),
        ({"errors": ["One", {"detail": "Two"}, 3, None, True]}, "One; Two; 3"),
        (
            {"errors": {"group_data": {"carrier_group_id": ["Missing"]}}},
            "group_data: carrier_group_id: Missing",
        ),
        ({"message": "Bad", "errors": {"name": "Long"}}, "Bad; name: Long"),
        ({"message": "Bad", "error": "Bad"}, "Bad"),
        ({"detail": [{"loc": ["body", "carrier_id"], "msg": "bad"}]}, "loc: body; carrier_id; msg: bad"),
        ("Plain text", "Plain text"),
        (["One", "Two"], "One; Two"),
        ({"message": "Two\r\nlines\x00\u202e"}, "Two lines"),
        ({"message": "\ud800half"}, "half"),
    ],
)
def test_a_refusal_is_told_in_noyos_words(body: object, words: str) -> None:
    error = write(answering(httpx.Response(422, content=json.dumps(body).encode())))

    assert isinstance(error, NoyoRefused)
    assert (error.message, str(error), error.status) == (words, words, 422)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"message": ""}',
        b'{"message": null}',
        b'{"code": "E1"}',
        b"7",
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:12]),
)
@pytest.mark.parametrize("status", [403, 404, 409, 422, 418])
def test_a_refusal_without_words_gets_a_plain_sentence_with_its_status(status: int, content: bytes) -> None:
    error = write(answering(httpx.Response(status, content=content)))

    assert isinstance(error, NoyoRefused)
    assert str(status) in error.message


def test_a_refusal_that_breaks_off_is_still_a_clear_no() -> None:
    wire = answering(streamed(409, b'{"message": "Dupl', httpx.ReadError("reset")))

    error = write(wire)

    assert isinstance(error, NoyoRefused)
    assert "409" in error.message


def test_a_refusal_nested_without_end_is_cut_short() -> None:
    nested: object = "deep"
    for _ in range(50):
        nested = {"x": nested}

    error = write(answering(ok({"message": "Bad", "errors": nested}, 422)))

    assert isinstance(error, NoyoRefused)
    assert error.message == "Bad"


def test_a_refusal_is_cut_at_five_hundred_characters() -> None:
    error = write(answering(ok({"message": "word " * 1000}, 422)))

    assert isinstance(error, NoyoRefused)
    assert len(error.message) <= MOST_WORDS == 500
    assert error.message.endswith("…")


def test_a_refusal_hides_tax_numbers_but_not_the_carrier_group_id() -> None:
    told = {"message": "123456789 clashes with 987654321 and 12-3456789"}

    error = write(answering(ok(told, 409)), carrier_group_id="123456789")

    assert str(error) == "123456789 clashes with ••• and •••"


def test_a_refusal_does_not_repeat_what_was_typed_as_sensitive() -> None:
    typed = SensitiveFields(broker_tin="1234", employer_email_address="Boss@Example.com")
    told = {"errors": {"employer_email_address": ["boss@example.COM is no address"], "broker_tin": "1234?"}}

    error = write(answering(ok(told, 422)), typed)

    assert str(error) == "employer_email_address: ••• is no address; broker_tin: •••?"


# ---------------------------------------------------------------- what is not told to anybody


def test_nothing_that_was_sent_or_answered_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    wire = answering(httpx.Response(500), ok(connection_json(federal_ein="987654321")))
    client = wire.client()

    client.connection(ID)

    assert caplog.records == []


def test_neither_an_error_nor_its_causes_repeat_a_value_of_the_answer() -> None:
    error: BaseException | None = read(
        answering(ok(connection_json(version="987654321", federal_ein="987654321")))
    )

    told = []
    while error is not None:
        told.append(str(error))
        error = error.__cause__
    assert len(told) == 2
    assert "version" in told[0]
    assert "987654321" not in " ".join(told)


def test_a_client_does_not_show_its_secret() -> None:
    client: NoyoHttpClient = answering(ok({})).client()

    assert "secret" not in repr(client) + repr(vars(client))
