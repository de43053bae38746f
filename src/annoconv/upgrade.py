"""From older layouts to the current schema: the specification's B.3 layout, older versions and drafts of this schema.

What a layout does not say and the model requires is given by the caller, and each such value is recorded in
`metadata.changes`; nothing is guessed. What an older layout wrote is kept: numbers to the
digit, a time without a zone in its own words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from annoconv.advice import NOTHING
from annoconv.documents import strict_json
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError, UsageError
from annoconv.messages import Message
from annoconv.model import SCHEMA_VERSION, AnnotationCategory, Case
from annoconv.times import parse_timestamp, parse_timezone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["Missing", "upgrade_document"]

_B3_KEYS: Final = {"image_id", "spacing", "origin", "direction", "annotations", "annotator", "version", "timestamp"}
_ASKED: Final = {
    "task_id": Message("the identifier of the task"),
    "modality": Message("a DICOM modality, such as CT"),
}
"""What is asked for where the B.3 layout names none."""

_STEPS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a version to the next: a function for each published version but the newest."""


@dataclass(frozen=True)
class Missing:
    """What an older layout may be silent on.

    Attributes
    ----------
    task_id
        Identifier of the task.
    modality
        DICOM modality of the image.
    timezone
        Zone of times that name none, `+08:00` or `Asia/Shanghai`.
    shape
        Voxels along (i, j, k).
    """

    task_id: str | None = None
    modality: str | None = None
    timezone: str | None = None
    shape: tuple[int, ...] | None = None


def upgrade_document(
    data: bytes, missing: Missing, *, limits: Limits | None = None, source: Path | None = None, where: str | None = None
) -> dict[str, Any]:
    """Return the case document, checked against the schema, that a document of an older layout stands for.

    Raises
    ------
    DocumentError
        If the result does not conform to the schema, with the places in the upgraded document.
    InputError
        If the document is of no known layout or of a newer version.
    UsageError
        If a value is needed that neither the document nor `missing` says.

    Notes
    -----
    Specification B.3, C.2.
    """
    document = strict_json.loads(data, limits=limits, source=source, where=where, exact=True)
    if not isinstance(document, dict):
        raise InputError(
            "this is no case",
            source=source,
            where=where,
            found=json_type(document),
            expected="an object",
            advice="Name the .json file of a case",
        )
    document = _from_b3(document, missing, source) if "image_id" in document else _from_version(document, source)
    _rename(document, source)
    strict_json.parse(strict_json.dumps(document), Case, limits=limits, source=source, where=where)
    return document


def _from_version(document: dict[str, Any], source: Path | None) -> dict[str, Any]:
    version = document.get("schema_version", "1.0")
    while version != SCHEMA_VERSION:
        step = _STEPS.get(version) if isinstance(version, str) else None
        if step is None:
            raise InputError(
                "this version of the schema is not known here",
                source=source,
                where="/schema_version",
                found=version,
                expected=", ".join([*_STEPS, SCHEMA_VERSION]),
                advice="Install a newer annoconv",
            )
        document = step(document)
        version = document["schema_version"]
    return {"schema_version": SCHEMA_VERSION} | document


@dataclass(frozen=True)
class _Renamed:
    """A key that had another name before 1.0 was released.

    Attributes
    ----------
    where
        Path of the objects that have it, `#` for every member of a list.
    key, name
        What it was and is called.
    value
        From the old value to the new one.
    """

    where: str
    key: str
    name: str
    value: Callable[[Any], Any] = field(default=lambda value: value)


_ALGORITHM_TYPES: Final = {"human": "manual", "model": "automatic", "model_confirmed": "automatic_confirmed"}
_KEY_KINDS: Final = {"study_uid": "study_instance_uid", "series_uid": "series_instance_uid"}
_RENAMED: Final = (
    _Renamed("image", "frame", "coordinate_frame"),
    _Renamed("related_images/#", "frame", "coordinate_frame"),
    _Renamed("annotations/#", "origin", "algorithm_type", lambda value: _ALGORITHM_TYPES.get(value, value)),
    _Renamed("annotations/#", "instance_number", "object_number"),
    _Renamed("annotations/#", "abnormal", "abnormal_marks"),
    _Renamed("labels/#", "concept_modifier", "concept_modifiers", lambda value: [value]),
    _Renamed("labels/#", "anatomic_region", "finding_site", lambda value: {"region": value}),
    _Renamed("labels/#/attributes/#", "values", "permissible_values", lambda values: [{"value": v} for v in values]),
    _Renamed("links/#/keys/#", "kind", "kind", lambda value: _KEY_KINDS.get(value, value)),
    _Renamed("metadata/agents/#", "role", "roles", lambda value: [value]),
)
"""What was renamed before 1.0 was released."""


def _rename(document: dict[str, Any], source: Path | None) -> None:
    """Give every key of a draft its name of today, in place; where both stand, the old one stays and is refused."""
    for renamed in _RENAMED:
        for one in _objects(document, renamed.where.split("/")):
            if renamed.key in one and (renamed.name == renamed.key or renamed.name not in one):
                members = list(one.items())
                one.clear()
                one.update((renamed.name, renamed.value(v)) if key == renamed.key else (key, v) for key, v in members)
    for finding in _objects(document, ["metadata", "qc", "findings", "#"]):
        if "made_by_model" in finding:
            finding["made_by"] = _model_agent(document["metadata"], finding, source)


def _objects(node: Any, steps: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the objects at a path, `#` for every member of a list; what is no such thing is left to the schema."""
    if not steps:
        if isinstance(node, dict):
            yield node
    elif steps[0] == "#":
        for member in node if isinstance(node, list) else ():
            yield from _objects(member, steps[1:])
    elif isinstance(node, dict) and steps[0] in node:
        yield from _objects(node[steps[0]], steps[1:])


def _model_agent(metadata: dict[str, Any], finding: dict[str, Any], source: Path | None) -> str:
    """Return the id of the agent that stands for the model which a finding named, added to the agents if need be."""
    if "made_by" in finding:
        where = "/metadata/qc/findings"
        raise InputError(
            "a finding is made by a person or by a model",
            source=source,
            where=where,
            found=Message("both made_by and made_by_model in {id}", id=finding["id"]),
            expected="one of the two",
            advice="Leave one of the two out",
        )
    algorithm = {"name": finding.pop("made_by_model")}
    if "model_version" in finding:
        algorithm["version"] = finding.pop("model_version")
    identity = " ".join(map(str, algorithm.values())).strip()
    agent = {"id": identity, "kind": "device", "algorithm": algorithm}
    agents: list[dict[str, Any]] = metadata.setdefault("agents", [])
    if agent not in agents:
        agents.append(agent)
    return identity


def _from_b3(document: dict[str, Any], missing: Missing, source: Path | None) -> dict[str, Any]:
    """Return the case document of a B.3 document."""
    if unknown := sorted(document.keys() - _B3_KEYS):
        raise InputError(
            "the B.3 layout has no such keys",
            source=source,
            found=", ".join(unknown),
            expected=", ".join(sorted(_B3_KEYS)),
            advice="Put what is your own into the attributes of an annotation",
        )
    given = {"task_id": missing.task_id, "modality": missing.modality}
    for name, value in given.items():
        if value is None:
            raise UsageError(
                Message("the B.3 layout names no {name}", name=name),
                source=source,
                found=NOTHING,
                expected=_ASKED[name],
                advice=Message("Pass {option}", option=f"--{name.replace('_', '-')}"),
            )
    notes = [f"{name} {value} was given; the B.3 layout names none" for name, value in given.items()]
    image = {"uid": document["image_id"], "modality": missing.modality}
    if missing.shape is not None:
        image["shape"] = list(missing.shape)
        notes.append(f"shape {list(missing.shape)} was given; the B.3 layout names none")
    image |= {name: document[name] for name in ("spacing", "origin", "direction") if name in document}
    metadata: dict[str, Any] = {name: document[name] for name in ("annotator", "version") if name in document}
    if "timestamp" in document:
        moment, note = _moment(document["timestamp"], missing, source)
        metadata["timestamps"] = {"end": moment}
        notes += note
    metadata["changes"] = [
        {"version": SCHEMA_VERSION, "reason": "upgraded from the B.3 layout", "description": note} for note in notes
    ]
    return {
        "schema_version": SCHEMA_VERSION,
        "task_id": missing.task_id,
        "image": image,
        "annotations": _annotations(document.get("annotations", []), source),
        "metadata": metadata,
    }


def _moment(text: object, missing: Missing, source: Path | None) -> tuple[str, list[str]]:
    if not isinstance(text, str):
        raise InputError(
            "this is no time",
            source=source,
            where="/timestamp",
            found=json_type(text),
            expected="a text such as 2025-03-12T10:25:00+08:00",
            advice="Write it in quotation marks",
        )
    try:
        return str(strict_json.plain(parse_timestamp(text))), []
    except UsageError:
        if missing.timezone is None:
            raise UsageError(
                "the time names no zone",
                source=source,
                where="/timestamp",
                found=text,
                expected="an offset, such as +08:00, or Z",
                advice="Pass --timezone +08:00",
            ) from None
    moment = str(strict_json.plain(parse_timestamp(text, parse_timezone(missing.timezone))))
    return moment, [f"timestamp {text} was read in the time zone {missing.timezone}, which was given"]


def _annotations(written: object, source: Path | None) -> list[dict[str, Any]]:
    if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
        raise InputError(
            "the annotations are no list of objects",
            source=source,
            where="/annotations",
            found=json_type(written),
            expected="a list of objects",
            advice="Write [ ] around the annotations and { } around each",
        )
    taken: dict[str, int] = {}
    upgraded: list[dict[str, Any]] = []
    for position, one in enumerate(written):
        label = one.get("label")
        if not isinstance(label, str):
            raise InputError(
                "the annotation has no label",
                source=source,
                where=f"/annotations/{position}/label",
                found=json_type(label),
                expected="a text",
                advice="Name its label code under label",
            )
        taken[label] = taken.get(label, 0) + 1
        identity = {"id": f"{label}_{taken[label]}", "category": _category(one.get("attributes")), "label_code": label}
        upgraded.append(identity | {key: value for key, value in one.items() if key != "label"})
    return upgraded


def _category(attributes: Mapping[str, Any] | object) -> str:
    """Return the category that the attributes of the B.3 example tell: an organ's level, a lesion's type."""
    if isinstance(attributes, dict):
        if "lesion_type" in attributes:
            return AnnotationCategory.LESION.value
        if attributes.get("level") in {"organ", "system", "substructure"}:
            return AnnotationCategory.ORGAN.value
    return AnnotationCategory.OTHER.value
