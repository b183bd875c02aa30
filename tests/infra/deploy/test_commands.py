import shlex

from infra.deploy.commands import delete, deploy, release_of
from infra.deploy.stages import Stage

LIVE = Stage("live", "switchboard-live", "eu-central-1", {}, {})
PARAMETERS = {"Environment": "production", "Approvers": "S1,U2", "ChannelAlerts": ""}


def test_a_deployment_shows_what_changes_and_asks() -> None:
    words = deploy("sam", LIVE, PARAMETERS, commit="0123abc", confirm=True)

    assert shlex.join(words) == (
        "sam deploy --template-file template.yaml --stack-name switchboard-live --region eu-central-1 --resolve-s3 "
        "--s3-prefix switchboard-live --no-progressbar --capabilities CAPABILITY_IAM --confirm-changeset "
        "--no-fail-on-empty-changeset --tags 'project=switchboard stage=live commit=0123abc' --parameter-overrides "
        """'Approvers="S1,U2"' 'ChannelAlerts=""' 'Environment="production"'"""
    )


def test_it_asks_nothing_only_where_that_was_said() -> None:
    words = deploy("sam", LIVE, PARAMETERS, commit="0123abc", confirm=False)

    assert "--no-confirm-changeset" in words
    assert "--confirm-changeset" not in words


def test_a_release_is_another_as_soon_as_anything_is() -> None:
    told = [
        release_of(["a", "b"], b"template", PARAMETERS),
        release_of(["a", "c"], b"template", PARAMETERS),
        release_of(["a", "b"], b"other", PARAMETERS),
        release_of(["a", "b"], b"template", PARAMETERS | {"Approvers": "S1"}),
    ]

    assert len(set(told)) == 4
    assert release_of(["a", "b"], b"template", dict(reversed(PARAMETERS.items()))) == told[0]
    assert told[0].isalnum()
    assert len(told[0]) == 64


def test_destroying_takes_the_stack_and_asks_nothing_more() -> None:
    assert delete("sam", LIVE) == shlex.split(
        "sam delete --stack-name switchboard-live --region eu-central-1 --no-prompts"
    )
