"""A stack whose secrets nobody filled in yet says which of them is empty, and does nothing by an empty one."""

from typing import Any

import pytest

from bot.errors import SecretUnavailable
from bot.secrets import Secrets
from bot.settings import Purpose, SecretAt
from infra.local.table import read_template

RESOURCES = read_template()["Resources"]
EMPTY = {
    Purpose.SLACK_SIGNING: ("slack_signing", "holds nothing as signing_secrets"),
    Purpose.SLACK_BOT: ("slack_bot", "holds no text as bot_token"),
    Purpose.NOYO_CLIENT: ("noyo_client", "holds no text as client_id"),
    Purpose.NOYO_WEBHOOK: ("noyo_webhook", "holds nothing as webhook_secrets"),
}


class AsCreated:
    """Secrets Manager as CloudFormation leaves it."""

    def get_secret_value(self, **parameters: Any) -> dict[str, Any]:
        return {"SecretString": RESOURCES[parameters["SecretId"]]["Properties"]["SecretString"]}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_secret_that_nobody_filled_in_is_refused_by_its_name(purpose: Purpose) -> None:
    at = {one: SecretAt(one, one.value.title().replace("_", "")) for one in Purpose}
    secrets = Secrets(at, AsCreated, lambda: 0.0)
    name, words = EMPTY[purpose]

    with pytest.raises(SecretUnavailable, match=f"{purpose.value}.*{words}"):
        getattr(secrets, name).value()
