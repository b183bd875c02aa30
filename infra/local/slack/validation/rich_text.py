"""Checks the rich_text block."""

from infra.local.slack.validation.elements import NAME, URL
from infra.local.slack.validation.rules import Rule, boolean, by_type, fields, integer, items, one_of, string, unchecked

_STYLE = fields({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight", "unlink"), boolean))


def _leaf(required: dict[str, Rule], **optional: Rule) -> Rule:
    return fields({"type": unchecked, **required}, {"style": _STYLE, **optional})


_LEAVES: dict[str, Rule] = {
    "text": _leaf({"text": string(12_000, 1)}),
    "link": _leaf({"url": URL}, text=string(3000), unsafe=boolean),
    "emoji": _leaf({"name": NAME}, unicode=string(100), skin_tone=integer(1, 6)),
    "user": _leaf({"user_id": NAME}),
    "usergroup": _leaf({"usergroup_id": NAME}),
    "channel": _leaf({"channel_id": NAME}),
    "team": _leaf({"team_id": NAME}),
    "broadcast": _leaf({"range": one_of("here", "channel", "everyone")}),
    "date": _leaf({"timestamp": integer(0, 99_999_999_999), "format": string(255, 1)}, url=URL, fallback=string(3000)),
    "color": _leaf({"value": string(9, 1)}),
}
_INLINE = items(by_type(_LEAVES), 1000)
_LITERAL = items(by_type(_LEAVES, {"text", "link"}), 1000)
_SECTION = fields({"type": unchecked, "elements": _INLINE})
_PARTS: dict[str, Rule] = {
    "rich_text_section": _SECTION,
    "rich_text_quote": fields({"type": unchecked, "elements": _INLINE}, {"border": integer(0, 1)}),
    "rich_text_preformatted": fields(
        {"type": unchecked, "elements": _LITERAL}, {"border": integer(0, 1), "language": string(100)}
    ),
    "rich_text_list": fields(
        {
            "type": unchecked,
            "style": one_of("bullet", "ordered"),
            "elements": items(by_type({"rich_text_section": _SECTION}), 1000, 1),
        },
        {"indent": integer(0, 8), "offset": integer(0, 1_000_000), "border": integer(0, 1)},
    ),
}

RICH_TEXT = fields({"type": unchecked, "elements": items(by_type(_PARTS), 1000, 1)}, {"block_id": NAME})
