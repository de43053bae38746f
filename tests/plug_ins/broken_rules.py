"""Rules that keep no promise."""

from annoconv.rules import Breach, rule

RULES = [
    {"id": "X-1.fails", "level": "error", "message_en": "x", "message_zh": "甲"},
    {"id": "X-1.unnamed", "level": "error", "message_en": "the {thing} is wrong", "message_zh": "{thing} 有误"},
    {"id": "X-1.elsewhere", "level": "error", "message_en": "x", "message_zh": "甲"},
    {"id": "X-1.changes", "level": "error", "message_en": "x", "message_zh": "甲"},
    {"id": "X-1.other", "level": "error", "message_en": "x", "message_zh": "甲"},
    {"id": "X-1.english", "level": "error", "message_en": "only English"},
]
_COUNTED = []


@rule("X-1.fails")
def fails(subject):
    yield Breach(("annotations", 10**6, "id"), {})
    raise ZeroDivisionError


@rule("X-1.unnamed")
def unnamed(subject):
    yield Breach(("image",), {"other": 1})


@rule("X-1.elsewhere")
def elsewhere(subject):
    yield Breach(("annotations", 10**6, "id"), {})


@rule("X-1.changes")
def changes(subject):
    subject.case.task_id = f"{subject.case.task_id}x"
    yield from ()


@rule("X-1.other")
def other(subject):
    _COUNTED.append(1)
    if len(_COUNTED) % 2:
        yield Breach(("image",), {})


@rule("X-1.english")
def english(subject):
    yield from ()
