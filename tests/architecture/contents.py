"""What no committed file may hold: a registry's host, one machine's path, work left for later."""

import re

# Written in two halves, so that this file keeps its own rules.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
]

FORBIDDEN = {
    "a registry's host": re.compile("|".join(map(re.escape, REGISTRIES))),
    "a path of one machine": re.compile(r"(?<![\w.~*}-])/(?:home|Users|root|work|private)/[\w.~-]"),
    "work left for later": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b"),
}


def findings(text: str) -> list[str]:
    """Each forbidden thing with its line, as sentences."""
    return [
        f"line {number}: {what}: {found.group()}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in FORBIDDEN.items()
        if (found := pattern.search(line))
    ]
