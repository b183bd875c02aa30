"""Switchboard: a Slack bot that runs employer groups' carrier connections through Noyo."""
