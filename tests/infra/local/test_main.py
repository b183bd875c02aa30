import re
import sys
import threading
import types
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from infra.local import __main__ as main
from infra.local.datasets import DATASETS
from tests.infra.local.waiting import wait_until


class FakeStory(types.ModuleType):
    """A story that only prints a line."""

    def __init__(self, outcome: bool) -> None:
        super().__init__("infra.local.demo.story")
        self.outcome = outcome
        self.urls: list[str] = []

    def play(self, stack: Any, out: Callable[[str], object]) -> bool:
        self.urls.append(stack.slack_url)
        out("the story")
        return self.outcome


@pytest.mark.parametrize(("outcome", "status"), [(True, 0), (False, 1)])
def test_the_demos_exit_status_says_whether_the_story_passed(
    outcome: bool, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    story = FakeStory(outcome)
    monkeypatch.setitem(sys.modules, "infra.local.demo.story", story)
    monkeypatch.setattr(main, "LocalStack", FakeStack)

    assert main.play_story() == status
    assert story.urls == ["http://127.0.0.1:1/slack/events"]
    assert capsys.readouterr().out == "the story\n"


@pytest.mark.long
@pytest.mark.usefixtures("restored_logging")
def test_the_demo_serves_its_page_until_it_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    stopping = threading.Event()
    statuses: list[int] = []
    demo_thread = threading.Thread(target=lambda: statuses.append(main.demo(stopping=stopping)))
    demo_thread.start()

    printed: list[str] = []
    assert wait_until(lambda: printed.append(output(capsys)) or "Open http" in "".join(printed), 30)
    [address] = re.findall(r"http://127\.0\.0\.1:\d+", "".join(printed))
    assert "<title>Switchboard" in httpx.get(address).text
    stopping.set()
    demo_thread.join()
    assert statuses == [0]
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def test_an_unknown_data_set_is_refused_with_the_list_of_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["demo", "--world", "huge"])
    refusal = capsys.readouterr().err
    assert all(name in refusal for name in ("huge", *DATASETS))


def test_a_data_set_for_the_fake_of_noyo_is_refused_with_noyos_sandbox(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["demo", "--noyo", "sandbox", "--world", "large"])
    refusal = capsys.readouterr().err
    assert "NOYO=sandbox" in refusal
    assert "WORLD=large" in refusal


def test_the_story_with_another_data_set_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["demo", "--once", "--world", "large"])
    assert "WORLD=large" in capsys.readouterr().err


def test_the_table_can_be_on_another_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "infra.local.demo.story", FakeStory(True))
    monkeypatch.setattr(main, "LocalStack", FakeStack)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000")

    main.play_story()

    assert FakeStack.engines[-1] == "http://127.0.0.1:8000"


def output(capsys: pytest.CaptureFixture[str]) -> str:
    out: str = capsys.readouterr().out
    return out


class FakeStack:
    slack_url = "http://127.0.0.1:1/slack/events"
    engines: list[str | None] = []  # noqa: RUF012 - a test looks at the last one

    def __init__(self, *, extra_settings: Mapping[str, str], table_endpoint: str | None) -> None:
        self.engines.append(table_endpoint)

    def __enter__(self) -> "FakeStack":
        return self

    def __exit__(self, *_: object) -> None:
        pass
