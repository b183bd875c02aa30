"""The terms that this code no longer uses, each with the term that replaced it, and how they are found.

Add a term when a rename is complete. A term belongs here only if it has no legitimate use; `ALLOWED` lists the
expressions in which a listed word keeps its ordinary meaning.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

WORDS = {
    # Outbox events and timers
    **dict.fromkeys(("news", "tell", "tells", "telling", "told"), "outbox event, timer, publish"),
    # Submitting an operation, and its life
    **dict.fromkeys(("place", "places", "placed", "placing", "placings"), "submit, message key, location"),
    **dict.fromkeys(("in the way", "on its way", "in its way"), "conflict, in flight"),
    **dict.fromkeys(("carry out", "carrying out", "carried out"), "execute"),
    **dict.fromkeys(("ways out", "way out", "ways back", "way back", "way through"), "manual resolution"),
    **dict.fromkeys(("put aside", "kept aside", "read aside"), "deferred, quarantined"),
    **dict.fromkeys(("put back", "put off"), "rescheduled"),
    # Reading records
    **dict.fromkeys(("learn", "learner", "learnt", "intake"), "ingest, page ingestor"),
    "glance": "peek",
    **dict.fromkeys(("tracked", "tracked many"), "record state"),
    **dict.fromkeys(("moved on", "record moved"), "advance, concurrent update"),
    **dict.fromkeys(("subject", "subjects"), "entity reference"),
    "parting": "pending disconnection",
    **dict.fromkeys(("look", "looks", "looked"), "refresh, display settings, health check"),
    # The pause
    **dict.fromkeys(("gate", "shut", "switch", "switches", "switching"), "sending pause, sending guard"),
    # The audit log and grants
    **dict.fromkeys(("deed", "deeds"), "audit action"),
    "trail": "audit log",
    **dict.fromkeys(("permit", "permits"), "authorize"),
    **dict.fromkeys(("noted", "noting", "note rights"), "grant snapshot, grant change"),
    # Dependencies and requests
    "office": "request context",
    "asker": "actor",
    "tools": "dependency container",
    "desk": "message publisher, operations",
    "library": "read model",
    **dict.fromkeys(("scene", "board"), "read model, channel routing"),
    "wiring": "bootstrap",
    # Messages, leases, claims
    "keep true": "upsert message",
    "let go": "release",
    "let in": "authorized, authenticated",
    # Health checks and telemetry
    **dict.fromkeys(("checkup", "checkups", "check up"), "health check"),
    **dict.fromkeys(("ward", "wards"), "component"),
    "examine": "health report",
    "surroundings": "related records",
    "standing": "backlog metrics, health",
    # Text and encryption
    "foreign": "untrusted text",
    **dict.fromkeys(("seal", "sealed", "sealer", "sealing", "unseal", "unsealed"), "encrypt, encryption"),
    # Transport
    **dict.fromkeys(("door", "doors", "knock", "knocks"), "endpoint, deliver"),
    "wire": "AWS JSON client, HTTP transport",
    "patience": "timeout, timeout policy",
    "pace": "retry timing, interval",
    # Ports
    **dict.fromkeys(("keeps", "reads people", "shows people", "reads noyo", "reads slack"), "XRepository, gateway"),
    # The local stack
    "world": "fake state, system under test",
    "machine": "local stack",
    "pump": "stream poller",
    "people at work": "simulated user",
    "stand in": "fake",
    # Archaisms and metaphors
    **dict.fromkeys(("whence", "lest", "mend", "mends", "mind the"), "plain English"),
    **dict.fromkeys(("room", "rooms", "house"), "package, layer"),
}
"""Words, or several in a row, anywhere in an identifier: `place` is in `_place_operation` and in `PlaceKey`."""

NAMES = {
    **dict.fromkeys(("one", "held", "made", "came"), "the noun that it stands for"),
    **dict.fromkeys(("kept", "Kept", "Held"), "the noun that it stands for, deferred"),
    **dict.fromkeys(("taking", "TAKE", "Taking"), "claim"),
    **dict.fromkeys(("lapse", "LAPSE"), "expire"),
    "Turn": "grant change",
    **dict.fromkeys(("way", "ways", "Way", "Ways", "WAYS"), "manual resolution, option"),
    **dict.fromkeys(("mark", "mark_of"), "idempotency key"),
}
"""Whole identifiers, in exactly these letters; leading underscores do not count."""

FILES = {
    **dict.fromkeys(("steps", "following"), "telemetry"),
    **dict.fromkeys(("phrases", "words", "finding"), "rich_text, search_index"),
    **dict.fromkeys(("turns", "work"), "retry loop, run batch"),
    **dict.fromkeys(("take", "permit", "switches"), "claim, authorize, pause"),
    **dict.fromkeys(("tracking", "holding"), "record state, awaiting confirmation"),
    "stage": "demo driver",
}
"""Names of modules and packages."""

PHRASES = {
    # Events and operations
    **dict.fromkeys(("news", "tidings"), "outbox event"),
    **dict.fromkeys(("is told of it", "are told of it", "nobody is told", "somebody is told"), "notify"),
    **dict.fromkeys(("in the way", "places an operation", "place an operation"), "submit, conflict"),
    **dict.fromkeys(("carry out", "carries out", "carried out", "carrying out"), "execute"),
    **dict.fromkeys(("way out", "ways out"), "manual resolution"),
    **dict.fromkeys(("put aside", "puts aside"), "defer"),
    **dict.fromkeys(("put back", "puts back"), "reschedule"),
    **dict.fromkeys(("let go", "lets go", "letting go"), "release"),
    **dict.fromkeys(("glance", "glances"), "peek"),
    "moved on": "changed",
    **dict.fromkeys(("parting", "partings"), "pending disconnection"),
    # Roles and parts
    **dict.fromkeys(("deed", "deeds"), "audit action"),
    **dict.fromkeys(("trail", "trails"), "audit log"),
    **dict.fromkeys(("asker", "askers"), "actor, the person who asked"),
    **dict.fromkeys(("office", "desk"), "request context"),
    **dict.fromkeys(("checkup", "checkups", "check up", "surroundings"), "health check, related records"),
    **dict.fromkeys(("door", "doors", "knocks"), "endpoint"),
    **dict.fromkeys(("the gate", "shut", "pump"), "sending pause, stream poller"),
    **dict.fromkeys(("stand in", "stand ins"), "fake"),
    **dict.fromkeys(("room", "rooms"), "package, layer"),
    **dict.fromkeys(("seal", "seals", "sealed", "sealing", "unseal", "unsealed"), "encrypt"),
    # Archaisms, riddles, and what users no longer read
    **dict.fromkeys(("whence", "lest", "mend", "mends", "mended", "brings forth", "bring forth"), "plain English"),
    **dict.fromkeys(("has not come", "ends true", "keeps true", "is what is so", "as told"), "plain English"),
    "whoever": "name the subject",
    "noyo has it": "sent to Noyo",
    **dict.fromkeys(("somebody was first", "decided already"), "already decided"),
    "a person has to say": "needs your review",
    "this day is past": "use a past date",
    "tries so far": "attempt 3",
}
"""Words and expressions that have no ordinary use in documents, comments, text for users, and names of tests."""

ALLOWED = ("state machine", "rule based state machine", "in place", "look up", "looks up", "looked up", "look ahead",
           "look alike", "shut down", "on this machine", "virtual machine", "dev tools", "shared library",
           "instances tracked")  # fmt: skip
Hit = tuple[str, str]
"""A term, and where it was found."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+(?:'s)?")


def identifiers(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of everything that this source names, except functions that are tests."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if not name.startswith("test_"):
                yield node.lineno, name
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.alias(asname=str(name)):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield node.lineno, name


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each comment, string and docstring, and the names of tests as sentences."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)):
                yield node.lineno, text
            case ast.FunctionDef(name=name) if name.startswith("test_"):
                yield node.lineno, name


def template_names(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of each key of a template: parameters, conditions, resources, outputs and their properties."""
    for line, text in enumerate(source.splitlines(), 1):
        if key := re.match(r" *([A-Za-z]+):", text):
            yield line, key[1]


def old_in_identifier(name: str) -> set[str]:
    return _found(WORDS, name) | {term for term in NAMES if name.lstrip("_") == term}


def old_in_file_name(path: PurePosixPath) -> set[str]:
    parts = {part.removeprefix("test_").removesuffix(".py") for part in path.parts}
    return {term for term in FILES if term in parts} | {term for part in parts for term in _found(WORDS, part)}


def old_in_text(text: str) -> set[str]:
    return _found(PHRASES, text)


def _found(terms: Mapping[str, str], text: str) -> set[str]:
    words = f" {' '.join(_WORD.findall(text.replace('’', chr(39)))).lower()} "
    for allowed in ALLOWED:
        words = words.replace(f" {allowed} ", " | ")
    return {term for term in terms if f" {term} " in words}
