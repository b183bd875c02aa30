import shlex

from infra.deploy.commands import delete, deploy, release_of
from infra.deploy.stages import Stage

LIVE = Stage("live", "switchboard-live", "eu-central-1", {}, {})
PARAMETERS = {"Environment": "production", "Approvers": "S1,U2", "ChannelAlerts": ""}


def test_a_deployment_shows_the_change_set_and_asks() -> None:
    command = deploy("sam", LIVE, PARAMETERS, commit="0123abc", confirm=True)

    assert shlex.join(command) == (
        "sam deploy --template-file template.yaml --stack-name switchboard-live --region eu-central-1 --resolve-s3 "
        "--s3-prefix switchboard-live --no-progressbar --capabilities CAPABILITY_IAM --confirm-changeset "
        "--no-fail-on-empty-changeset --tags 'project=switchboard stage=live commit=0123abc' --parameter-overrides "
        """'Approvers="S1,U2"' 'ChannelAlerts=""' 'Environment="production"'"""
    )


def test_confirmation_can_be_turned_off() -> None:
    command = deploy("sam", LIVE, PARAMETERS, commit="0123abc", confirm=False)

    assert "--no-confirm-changeset" in command
    assert "--confirm-changeset" not in command


def test_any_change_makes_a_new_release() -> None:
    releases = [
        release_of(["a", "b"], b"template", PARAMETERS),
        release_of(["a", "c"], b"template", PARAMETERS),
        release_of(["a", "b"], b"other", PARAMETERS),
        release_of(["a", "b"], b"template", PARAMETERS | {"Approvers": "S1"}),
    ]

    assert len(set(releases)) == 4
    assert release_of(["a", "b"], b"template", dict(reversed(PARAMETERS.items()))) == releases[0]
    assert releases[0].isalnum()
    assert len(releases[0]) == 64


def test_the_stack_is_deleted_without_another_question() -> None:
    assert delete("sam", LIVE) == shlex.split(
        "sam delete --stack-name switchboard-live --region eu-central-1 --no-prompts"
    )
