"""A new stack has empty secrets; the bot names the empty one and refuses to use it."""

from typing import Any

import pytest

from bot.errors import SecretUnavailable
from bot.secrets import Secrets
from bot.settings import Purpose, SecretAt
from infra.local.aws.table import read_template

RESOURCES = read_template()["Resources"]
EMPTY = {
    Purpose.SLACK_SIGNING: ("slack_signing", "holds nothing as signing_secrets"),
    Purpose.SLACK_BOT: ("slack_bot", "holds no text as bot_token"),
    Purpose.NOYO_CLIENT: ("noyo_client", "holds no text as client_id"),
    Purpose.NOYO_WEBHOOK: ("noyo_webhook", "holds nothing as webhook_secrets"),
}


class NewSecretsManager:
    """Secrets Manager directly after the first deployment."""

    def get_secret_value(self, **parameters: Any) -> dict[str, Any]:
        return {"SecretString": RESOURCES[parameters["SecretId"]]["Properties"]["SecretString"]}


@pytest.mark.parametrize("purpose", Purpose)
def test_an_empty_secret_is_refused_by_name(purpose: Purpose) -> None:
    locations = {each: SecretAt(each.value.title().replace("_", "")) for each in Purpose}
    secrets = Secrets(locations, NewSecretsManager, lambda: 0.0)
    name, message = EMPTY[purpose]

    with pytest.raises(SecretUnavailable, match=f"{purpose.value}.*{message}"):
        getattr(secrets, name).value()
