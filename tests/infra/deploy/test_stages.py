from pathlib import Path
from typing import Any

import pytest

from infra.deploy.stages import InvalidStage, parameters_of, read_stage
from infra.local.aws.table import read_template

TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Environment": {"Type": "String", "Description": "Which one it is"},
        "Approvers": {"Type": "String", "Default": "", "AllowedPattern": "|[US][A-Z0-9]+(,[US][A-Z0-9]+)*"},
        "RetryAtActionRequired": {"Type": "String", "Default": "no", "AllowedValues": ["yes", "no"]},
        "SweepHours": {"Type": "Number", "Default": 24},
        "Greeting": {"Type": "String", "Default": ""},
        "Release": {"Type": "String", "Default": ""},
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


def test_values_are_converted_to_cloudformation_parameters(tmp_path: Path) -> None:
    read = stage(tmp_path, WHOLE)

    assert (read.stack, read.region) == ("switchboard-live", "eu-central-1")
    assert read.parameters == {
        "Environment": "production",
        "Approvers": "S1,U2",
        "RetryAtActionRequired": "yes",
        "SweepHours": "12",
    }


def test_the_release_is_set_automatically(tmp_path: Path) -> None:
    parameters = parameters_of(stage(tmp_path, WHOLE), TEMPLATE, "abc")

    assert (parameters["Release"], parameters["SweepHours"]) == ("abc", "12")
    assert "Release" not in parameters_of(stage(tmp_path, WHOLE), {"Parameters": {}}, "abc")


def test_a_stage_may_have_carriers_no_carriers_or_say_nothing_of_them(tmp_path: Path) -> None:
    before, _, _ = WHOLE.partition("[carriers]")

    assert stage(tmp_path, WHOLE).carriers == {GUARDIAN: "Guardian"}
    assert stage(tmp_path, f"{before}[carriers]").carriers == {}
    assert stage(tmp_path, before).carriers is None


def test_a_parameter_that_was_removed_from_the_file_gets_its_default(tmp_path: Path) -> None:
    """CloudFormation keeps parameters that a deployment omits; a removed approver must not stay one."""
    without = WHOLE.replace('Approvers = ["S1", "U2"]\n', "").replace("SweepHours = 12\n", "")
    parameters = parameters_of(stage(tmp_path, without), TEMPLATE, "abc")

    assert parameters.keys() == TEMPLATE["Parameters"].keys()
    assert (parameters["Approvers"], parameters["SweepHours"], parameters["RetryAtActionRequired"]) == ("", "24", "yes")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('[parameters]\nEnvironment = "x"', "region must be an AWS region such as us-east-1"),
        ('region = "us-east-1"', "Environment is missing: Which one it is"),
        (WHOLE.replace("SweepHours", "SweepDays"), "SweepDays is not a parameter that a stage can set"),
        (WHOLE.replace("SweepHours = 12", 'Release = "mine"'), "Release is not a parameter"),
        (WHOLE.replace('"S1"', '"@ana"'), "Approvers must be"),
        (WHOLE.replace("RetryAtActionRequired = true", 'RetryAtActionRequired = "perhaps"'), "must be one of yes, no"),
        (WHOLE.replace("SweepHours = 12", 'Greeting = "a\\"b"'), "Greeting must be"),
        (WHOLE.replace("SweepHours = 12", "Greeting = 'xox" + "b-1'"), "Greeting looks like a secret"),
        (WHOLE.replace(GUARDIAN, "guardian"), "carriers: guardian must be the id of a carrier at Noyo"),
        (WHOLE + 'x = {name = "X", pattern = "(a+)+", example = "a"}', "carriers: x: pattern must be"),
        (WHOLE + 'x = "xox' + 'b-1234567890"', "carriers contain what looks like a secret"),
        ("carriers = 1\n" + WHOLE.partition("[carriers]")[0], "carriers: it must hold one object"),
        ("carrier = 1\n" + WHOLE, "unknown key: carrier"),
        ('stack = "1 2"\n' + WHOLE, "stack must be letters"),
        ("region = ", "cannot be read"),
    ],
)
def test_an_invalid_stage_is_refused_with_the_reason(tmp_path: Path, text: str, error: str) -> None:
    with pytest.raises(InvalidStage) as raised:
        stage(tmp_path, text)
    assert error in str(raised.value)


def test_the_example_is_valid() -> None:
    assert read_stage("example", read_template()).carriers


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidStage) as raised:
        stage(tmp_path, "[parameters]\nOther = 1")
    assert len(str(raised.value).splitlines()) == 4


@pytest.mark.parametrize("name", ["", "../live", "Live", "none"])
def test_a_missing_stage_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidStage, match="infra/stages"):
        read_stage(name, TEMPLATE, tmp_path)
