import subprocess
from pathlib import Path

import pytest

from infra.deploy import __main__ as command


def repository(folder: Path) -> Path:
    for arguments in (["init", "-q"], ["config", "user.email", "a@b"], ["config", "user.name", "a"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    (folder / "infra/stages").mkdir(parents=True)
    (folder / "bot.py").write_text("")
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    subprocess.run(["git", "commit", "-qm", "One"], cwd=folder, check=True)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command, "ROOT", tmp_path)
    return repository(tmp_path)


def test_a_deployment_is_tagged_with_its_commit(checkout: Path) -> None:
    (checkout / "infra/stages/live.toml").write_text("")

    assert len(command.commit_tag(uncommitted=False)) == 12


@pytest.mark.parametrize("file", ["bot.py", "new.py"])
def test_uncommitted_changes_are_deployed_only_on_request(checkout: Path, file: str) -> None:
    (checkout / file).write_text("changed")

    with pytest.raises(command.DeployError, match=rf"{file}\nCommit them, or set UNCOMMITTED=yes"):
        command.commit_tag(uncommitted=False)
    assert command.commit_tag(uncommitted=True).endswith("-changed")


def test_a_failing_command_ends_the_deployment(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(command.DeployError, match="false deploy failed with status 1"):
        command.run_command(["false", "deploy"], dry_run=False)
    command.run_command(["false", "deploy"], dry_run=True)
    assert capfd.readouterr().out.count("$ false deploy") == 2


@pytest.mark.parametrize("name", ["deploy", "destroy"])
def test_the_message_for_a_missing_stage_says_how_to_create_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([name, "nowhere"]) == 1
    assert "Copy infra/stages/example.toml" in capsys.readouterr().err
