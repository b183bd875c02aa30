"""The bot on one machine: fakes of Slack and Noyo, and the AWS services that it needs."""
