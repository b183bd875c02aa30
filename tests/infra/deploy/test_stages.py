from pathlib import Path
from typing import Any

import pytest

from infra.deploy.stages import StageUnfit, parameters_of, read_stage
from infra.local.table import read_template

TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Environment": {"Type": "String", "Description": "Which one it is"},
        "Approvers": {"Type": "String", "Default": "", "AllowedPattern": "|[US][A-Z0-9]+(,[US][A-Z0-9]+)*"},
        "RetryAtActionRequired": {"Type": "String", "Default": "no", "AllowedValues": ["yes", "no"]},
        "SweepHours": {"Type": "Number", "Default": 24},
        "Greeting": {"Type": "String", "Default": ""},
        "Release": {"Type": "String", "Default": ""},
        "CarriersFile": {"Type": "String", "Default": ""},
    }
}
GUARDIAN = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
WHOLE = f"""
region = "eu-central-1"
[parameters]
Environment = "production"
Approvers = ["S1", "U2"]
RetryAtActionRequired = true
SweepHours = 12
[carriers]
"{GUARDIAN}" = "Guardian"
"""


def stage(folder: Path, text: str) -> Any:
    (folder / "live.toml").write_text(text)
    return read_stage("live", TEMPLATE, folder)


def test_lists_numbers_and_yes_or_no_are_given_as_cloudformation_takes_them(tmp_path: Path) -> None:
    read = stage(tmp_path, WHOLE)

    assert (read.stack, read.region) == ("switchboard-live", "eu-central-1")
    assert read.parameters == {
        "Environment": "production",
        "Approvers": "S1,U2",
        "RetryAtActionRequired": "yes",
        "SweepHours": "12",
    }


def test_deploying_fills_in_the_release_and_where_the_carriers_are(tmp_path: Path) -> None:
    given = parameters_of(stage(tmp_path, WHOLE), TEMPLATE, "abc")
    assert (given["Release"], given["CarriersFile"], given["SweepHours"]) == ("abc", "carriers.json", "12")

    without = stage(tmp_path, WHOLE.partition("[carriers]")[0])
    assert parameters_of(without, TEMPLATE, "abc")["CarriersFile"] == ""
    assert "Release" not in parameters_of(without, {"Parameters": {}}, "abc")


def test_what_was_taken_out_of_the_file_goes_back_to_its_default(tmp_path: Path) -> None:
    """CloudFormation keeps what a deployment does not name: somebody taken out here must not go on approving."""
    without = WHOLE.replace('Approvers = ["S1", "U2"]\n', "").replace("SweepHours = 12\n", "")
    given = parameters_of(stage(tmp_path, without), TEMPLATE, "abc")

    assert given.keys() == TEMPLATE["Parameters"].keys()
    assert (given["Approvers"], given["SweepHours"], given["RetryAtActionRequired"]) == ("", "24", "yes")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[parameters]\nEnvironment = "x"', "region must be an AWS region such as us-east-1"),
        ('region = "us-east-1"', "Environment is missing: Which one it is"),
        (
            WHOLE.replace("SweepHours", "SweepDays"),
            "SweepDays is no parameter of template.yaml that can be given",
        ),
        (WHOLE.replace("SweepHours = 12", 'Release = "mine"'), "Release is no parameter"),
        (WHOLE.replace('"S1"', '"@ana"'), "Approvers must be"),
        (
            WHOLE.replace("RetryAtActionRequired = true", 'RetryAtActionRequired = "perhaps"'),
            "must be one of yes, no",
        ),
        (WHOLE.replace("SweepHours = 12", 'Greeting = "a\\"b"'), "Greeting must be"),
        (WHOLE.replace("SweepHours = 12", "Greeting = 'xox" + "b-1'"), "Greeting looks like a secret"),
        (WHOLE.replace(GUARDIAN, "guardian"), "carriers: guardian must be a carrier's id at Noyo"),
        ("carrier = 1\n" + WHOLE, "carrier is not known here"),
        ('stack = "1 2"\n' + WHOLE, "stack must be letters"),
        ("region = ", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(StageUnfit) as unfit:
        stage(tmp_path, text)
    assert fault in str(unfit.value)


def test_the_example_is_filled_in_as_the_template_wants_it() -> None:
    assert read_stage("example", read_template()).carriers


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(StageUnfit) as unfit:
        stage(tmp_path, "[parameters]\nOther = 1")
    assert len(str(unfit.value).splitlines()) == 4


@pytest.mark.parametrize("name", ["", "../live", "Live", "none"])
def test_a_stage_that_is_not_there_is_not_looked_for_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(StageUnfit, match="infra/stages"):
        read_stage(name, TEMPLATE, tmp_path)
