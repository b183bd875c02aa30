from typing import Any

import pytest

from infra.local.aws.functions import Function
from infra.local.aws.invocation import Activity, Crash, Handler, Invoker, ProcessKilled, load_handler

FUNCTION = Function("PollFunction", "made.up.handler", timeout=300, memory=1024)


def invoker(handler: Handler, crashes: list[Crash] | None = None) -> Invoker:
    return Invoker(FUNCTION, handler, Activity((crashes if crashes is not None else []).append))


def test_the_context_has_the_function_and_its_deadline() -> None:
    seen: list[Any] = []
    invoke = invoker(lambda _, context: seen.append(context))
    invoke({})
    invoke({})

    first, second = seen
    assert first.function_name == "PollFunction"
    assert first.memory_limit_in_mb == "1024"
    assert first.invoked_function_arn.endswith(":function:PollFunction")
    assert 299_000 < first.get_remaining_time_in_millis() <= 300_000
    assert first.aws_request_id != second.aws_request_id


def test_no_time_remains_after_the_deadline() -> None:
    seen: list[Any] = []
    late = Function("Late", "made.up.handler", timeout=-1, memory=128)
    Invoker(late, lambda _, context: seen.append(context), Activity(pytest.fail))({})

    assert seen[0].get_remaining_time_in_millis() == 0


def test_no_time_remains_once_the_demo_is_ending() -> None:
    seen: list[Any] = []
    ending = Activity(pytest.fail)
    ending.ending = True
    Invoker(FUNCTION, lambda _, context: seen.append(context), ending)({})

    assert seen[0].get_remaining_time_in_millis() == 0


def test_events_and_results_are_copied_as_json() -> None:
    event = {"a": [1]}

    def handler(given: Any, _: Any) -> Any:
        given["a"].append(2)
        return {"t": (1, 2)}

    assert invoker(handler)(event) == {"t": [1, 2]}
    assert event == {"a": [1]}


def test_a_result_that_is_not_json_is_a_crash() -> None:
    crashes: list[Crash] = []
    with pytest.raises(TypeError):
        invoker(lambda *_: {1, 2}, crashes)({})

    assert [crash.function for crash in crashes] == ["PollFunction"]


def test_a_crash_is_recorded_and_raised() -> None:
    crashes: list[Crash] = []
    wrong = RuntimeError("no")

    def handler(*_: Any) -> None:
        raise wrong

    with pytest.raises(RuntimeError):
        invoker(handler, crashes).on_schedule({})
    assert crashes == [Crash("PollFunction", wrong)]


def test_a_killed_process_is_a_crash_that_the_handler_cannot_catch() -> None:
    crashes: list[Crash] = []

    def handler(*_: Any) -> None:
        try:
            raise ProcessKilled
        except Exception:  # noqa: BLE001 - as a worker that reports errors and goes on
            pytest.fail("the handler caught it")

    with pytest.raises(RuntimeError, match="was killed"):
        invoker(handler, crashes)({})
    assert [crash.function for crash in crashes] == ["PollFunction"]


def test_scheduled_invocations_are_not_counted_as_event_driven() -> None:
    activity = Activity(pytest.fail)
    seen: list[int] = []
    invoke = Invoker(FUNCTION, lambda *_: seen.append(activity.event_driven), activity)

    invoke({})
    invoke.on_schedule({})

    assert seen == [1, 0]
    assert activity.event_driven == 0


def test_a_handler_is_imported_by_its_name_in_the_template() -> None:
    assert load_handler("json.dumps")({"a": 1}) == '{"a": 1}'
