import subprocess
from pathlib import Path

import pytest

from infra.deploy import __main__ as command


def repository(folder: Path) -> Path:
    for words in (["init", "-q"], ["config", "user.email", "a@b"], ["config", "user.name", "a"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    (folder / "infra/stages").mkdir(parents=True)
    (folder / "bot.py").write_text("")
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    subprocess.run(["git", "commit", "-qm", "One"], cwd=folder, check=True)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command, "ROOT", tmp_path)
    return repository(tmp_path)


def test_what_is_committed_is_deployed_under_its_commit(checkout: Path) -> None:
    (checkout / "infra/stages/live.toml").write_text("")

    assert len(command._commit(uncommitted=False)) == 12


@pytest.mark.parametrize("file", ["bot.py", "new.py"])
def test_what_is_in_no_commit_is_not_deployed_unless_somebody_says_so(checkout: Path, file: str) -> None:
    (checkout / file).write_text("changed")

    with pytest.raises(command.NotDone, match=rf"{file}\nCommit them, or say UNCOMMITTED=yes"):
        command._commit(uncommitted=False)
    assert command._commit(uncommitted=True).endswith("-changed")


def test_a_command_that_fails_ends_it(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(command.NotDone, match="false deploy ended with status 1"):
        command._run(["false", "deploy"], only_shown=False)
    command._run(["false", "deploy"], only_shown=True)
    assert capfd.readouterr().out.count("$ false deploy") == 2


@pytest.mark.parametrize("what", ["deploy", "destroy"])
def test_without_a_stage_it_is_said_how_to_come_to_one(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([what, "nowhere"]) == 1
    assert "copy example.toml beside it" in capsys.readouterr().err
