"""The version of this code: the one in pyproject.toml, which does not ship."""

VERSION = "0.1.0"
