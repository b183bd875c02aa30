"""The settings of the measured receiver."""

import os

from infra.bench.request import SECRET


def environment(url: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_REGION": "us-east-1",
        "POWERTOOLS_METRICS_NAMESPACE": "Switchboard/bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "TABLE_NAME": "bench",
        "KMS_KEY_ID": "bench",
        "ENVIRONMENT": "bench",
        "SLACK_API_URL": f"{url}/api/",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_TEAM_ID": "T0LOCAL",
        "SLACK_APP_ID": "A0LOCAL",
        "CHANNEL_CONNECTIONS": "C0BENCH",
        "NOYO_CLIENT_ID": "none",
        "NOYO_CLIENT_SECRET": "none",
    }
