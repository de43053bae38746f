"""Two reports within the page: how modalities agree (8.5.1.4), and how annotations were validated (9.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.messages import Message
from annoconv.report.quality.words import own, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["consistency", "validations"]

_MOST: Final = 200
_STATUS: Final = {
    "inconsistent": ("error", Message("inconsistent")),
    "incomplete": ("warning", Message("incomplete: a registration, its error or its algorithm is not told")),
    "uncertain": ("warning", Message("not told of every link")),
    "consistent": ("passed", Message("consistent")),
}
_KINDS: Final = {
    "cross_validation": Message("Cross-validation (9.4.1 a)"),
    "repeat_annotation": Message("Repeated annotation (9.4.1 b)"),
    "expert_sampling": Message("Experts look at a sample (9.4.1 c)"),
    "reference_standard": Message("Comparison with a reference standard (9.4.2 a)"),
    "third_party": Message("Validation by a third party (9.4.2 b)"),
    "model_validation": Message("Validation by a model (9.4.2 c)"),
}
_PARTS: Final = {
    "organization": Message("Validated by"),
    "qualification": Message("Qualification"),
    "reference": Message("Reference"),
    "results": Message("Results"),
    "report_file": Message("Report"),
    "conclusion": Message("Conclusion"),
    "at": Message("Date"),
}


def _table(heads: Iterable[Message | str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{words(each) if each else ''}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f'<div class="wide"><table><tr>{head}</tr>\n{body}</table></div>\n' if body else ""


def _or_dash(value: object) -> str:
    return "–" if value is None else own(value)


def _number(value: float | None, unit: str = "") -> str:
    return "–" if value is None else f"{value:g}{unit}"


# --- consistency of modalities ---


def consistency(report: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return the report on consistency across modalities: of each case its frame, registrations and links."""
    listed = report["cross_modal"]
    if not listed:
        return f'<p class="faint">{words(Message("No case has several images, texts or records."))}</p>\n'
    parts: list[str] = []
    for each in listed[:_MOST]:
        kind, told = _STATUS[each["status"]]
        frame = each["frame"]
        parts.append(
            f'<h3><a href="#{each["case"]}">{own(names[each["case"]])}</a>: <b class="{kind}">{words(told)}</b></h3>\n'
            f"<p>{words(Message('Fused coordinate system'))}: {own(frame['coordinate_frame'])}, "
            f"{words(Message('of the image'))} {own(frame['image_uid'])}; "
            f"{words(Message('frame of reference'))} {_or_dash(frame['frame_of_reference_uid'])}</p>\n"
            f"{_images(each)}{_registrations(each)}{_checks(each)}{_links(each)}{_counts(each)}"
        )
    left = len(listed) - _MOST
    if left > 0:
        parts.append(
            f'<p class="faint">{words(Message("... and {count} more; --json has them all", count=left))}</p>\n'
        )
    return "".join(parts)


def _images(one: Mapping[str, Any]) -> str:
    rows = [
        (own(each["modality"]), own(each["uid"]), _or_dash(each["frame_of_reference_uid"])) for each in one["images"]
    ]
    return _table((Message("Modality"), Message("Image"), Message("Frame of reference")), rows)


def _registrations(one: Mapping[str, Any]) -> str:
    rows = [
        (
            own(each["id"]),
            own(each["kind"]),
            f"{_or_dash(each['moving'])} → {_or_dash(each['fixed'])}",
            "<br>".join(_error(error) for error in each["errors"]) or "–",
            "–"
            if each["algorithm"] is None
            else f"{own(each['algorithm']['name'])} {_or_dash(each['algorithm']['version'])}",
            _or_dash(each["frame_of_reference_uid"]),
            _or_dash(each["nonconformance"]),
        )
        for each in one["registrations"]
    ]
    heads = (
        Message("Registration"),
        Message("Kind"),
        Message("Moving → fixed"),
        Message("Error"),
        Message("Algorithm and version"),
        Message("Fused frame of reference"),
        Message("Nonconformance"),
    )
    return _table(heads, rows)


def _error(error: Mapping[str, Any]) -> str:
    told = f"{own(error['measure'])} {_number(error['value'])}"
    if error.get("landmarks") is not None:
        told += f" (n = {error['landmarks']})"
    if "most" not in error:
        return told
    kind = "passed" if error["is_within"] else "error"
    return f'{told} <b class="{kind}">{"≤" if error["is_within"] else "&gt;"} {_number(error["most"])} mm</b>'


def _checks(one: Mapping[str, Any]) -> str:
    rows = [
        (
            own(each["id"]),
            f"{_or_dash(check['annotation'])} {own(check['label'] or '')}",
            _number(check["deviation_mm"], " mm"),
            _number(check["rotation_degrees"], "°"),
            _number(check["threshold_mm"], " mm"),
            f'<b class="{"passed" if check["passed"] else "error"}">'
            f"{words(Message('passed')) if check['passed'] else words(Message('to be aligned anew'))}</b>",
            f"{_or_dash(check['checked_by'])} {own(check['checked_at'] or '')}",
        )
        for each in one["registrations"]
        for check in each["checks"]
    ]
    heads = (
        Message("Registration"),
        Message("Annotation"),
        Message("Deviation"),
        Message("Rotation"),
        Message("Threshold (8.5.1.3)"),
        Message("Check"),
        Message("By"),
    )
    return _table(heads, rows)


def _links(one: Mapping[str, Any]) -> str:
    rows = [
        (
            own(each["id"]),
            "<br>".join(
                f"{own(end['annotation'])}: {_or_dash(end['label'])}, {_or_dash(end['modality'])}"
                for end in each["ends"]
            ),
            _or_dash(each["registration"]),
            _number(each["deviation_mm"], " mm"),
            _state(each["consistency"]),
        )
        for each in one["links"]
    ]
    heads = (
        Message("Link"),
        Message("Annotations"),
        Message("Registration"),
        Message("Deviation"),
        Message("Consistency"),
    )
    return _table(heads, rows)


_STATES: Final = {
    "consistent": ("passed", Message("consistent")),
    "inconsistent": ("error", Message("inconsistent")),
    "uncertain": ("warning", Message("uncertain")),
    "unstated": ("warning", Message("not told")),
}


def _state(name: str | None) -> str:
    kind, told = _STATES[name or "unstated"]
    return f'<b class="{kind}">{words(told)}</b>'


def _counts(one: Mapping[str, Any]) -> str:
    texts = ", ".join(f"{_state(name)} {count}" for name, count in one["texts"].items())
    parts = [f"<p>{words(Message('Links of images and texts'))}: {texts}</p>\n"] if texts else []
    records = one["records"]
    if records["linked"]:
        told = Message(
            "Links of images and clinical records: {linked}; with the label of a time deviation: {late}",
            linked=records["linked"],
            late=records["time_deviation"],
        )
        parts.append(f"<p>{words(told)}</p>\n")
    return "".join(parts)


# --- validations ---


def validations(report: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return the report on validations: who validated, why they may, against what, with which result."""
    listed = report["validations"]
    if not listed:
        return f'<p class="faint">{words(Message("No validation is recorded in the cases and packages."))}</p>\n'
    parts: list[str] = []
    for each in listed[:_MOST]:
        values = {**each, "results": _results(each)}
        rows = [
            (
                f"<b>{words(title)}</b>",
                values[key]
                if key == "results" and values[key]
                else own(values[key])
                if values.get(key)
                else f'<span class="warning">{words(Message("not told"))}</span>'
                if key in each["lacks"]
                else "–",
            )
            for key, title in _PARTS.items()
        ]
        title = _KINDS.get(each["kind"], Message("Validation"))
        parts.append(
            f'<h3>{words(title)}: {own(each["id"])} (<a href="#{each["case"]}">{own(names[each["case"]])}</a>)</h3>\n'
            f"{_table(('', ''), rows)}"
        )
    left = len(listed) - _MOST
    if left > 0:
        parts.append(
            f'<p class="faint">{words(Message("... and {count} more; --json has them all", count=left))}</p>\n'
        )
    return "".join(parts)


def _results(validation: Mapping[str, Any]) -> str:
    told = [
        f"{own(each['definition_id'])}{' ' + own(each['label']) if each.get('label') else ''}: "
        f"{_number(each.get('value'))} {own(each.get('unit') or '')}"
        for each in validation.get("metrics") or ()
    ]
    told += [f"{own(key)}: {own(value)}" for key, value in (validation.get("results") or {}).items()]
    return "<br>".join(told)
