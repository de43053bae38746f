"""What a hospital asks of its annotations: rules of a package beside the core, for the tests of plug-ins."""

from __future__ import annotations

from collections.abc import Iterator

from annoconv.rules import Breach, Subject, rule

RULES = [
    {
        "id": "H-1.side",
        "level": {"minimal": "warning", "exchange": "warning", "delivery": "error"},
        "message_en": "the lesion {id} has no finding_site; add one, with its laterality",
        "message_zh": "病灶 {id} 没有 finding_site；请补充部位及侧别",
    },
    {
        "id": "H-1.many",
        "level": "error",
        "message_en": "the case has {count} annotations, more than {most}",
        "message_zh": "病例有 {count} 个标注，多于 {most} 个",
        "parameters": {"most": 1000},
    },
]


@rule("H-1.side")
def side(subject: Subject) -> Iterator[Breach]:
    for path, annotation in subject.annotations():
        if annotation.category == "lesion" and annotation.finding_site is None:
            yield Breach(path, {"id": annotation.id})


@rule("H-1.many")
def many(subject: Subject) -> Iterator[Breach]:
    most = subject.rules["H-1.many"].parameters["most"]
    if len(subject.case.annotations) > most:
        yield Breach(("annotations",), {"count": len(subject.case.annotations), "most": int(most)})
