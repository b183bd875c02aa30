"""Forbidden contents of committed files: hosts of registries, paths of one machine, and notes about unfinished work."""

import re

# Split, so that this file itself contains none of them.
REGISTRIES = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "yarn" + "pkg.com"]

FORBIDDEN = {
    "a registry's host": re.compile("|".join(map(re.escape, REGISTRIES))),
    "a path of one machine": re.compile(r"(?<![\w.~*}-])/(?:home|Users|root|work|private)/[\w.~-]"),
    "a note about unfinished work": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b"),
}


def findings(text: str) -> list[str]:
    """A sentence for each match, with its line number."""
    return [
        f"line {number}: {name}: {match.group()}"
        for number, line in enumerate(text.splitlines(), start=1)
        for name, pattern in FORBIDDEN.items()
        if (match := pattern.search(line))
    ]
