"""What made a segment, to and from the algorithm identification macro (PS3.3 10.16) and SegmentAlgorithmName.

What made a segment is an agent, a device, that the annotation names. Only of a file of ours, a model that made all
segments, and of which no more is known than a name that ends in its version, is the AI model of the metadata.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from annoconv import ids
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError
from annoconv.model import Algorithm
from annoconv_converters.dicom_seg.segment import ARTIFICIAL_INTELLIGENCE, SegmentAlgorithmType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annoconv.model import Case, MaskAnnotation
    from annoconv_converters.dicom_seg.segment import Segment

__all__ = ["agent_of", "agents_and_model", "algorithm_fields"]

_VERSION: Final = re.compile(r"[vV]?\d[\w.+-]*")
_SPECIAL: Final = re.compile(r"[%,=\x00-\x1f\x7f\\]|^\s|\s$")
_FIELDS: Final = tuple(f"algorithm_{name}" for name in ("name", "title", "version", "source", "family", "parameters"))
_BY_HAND: Final = (None, SegmentAlgorithmType.MANUAL)
_WORDS: Final = "AlgorithmParameters"
"""Parameter under which those stand that other software wrote as text of its own."""
_NO_MAKER: Final = ""
"""AlgorithmSource (type 3) of an agent of which no more than a name and a family is known, by which it is told from a
model: an AI model of the metadata has none."""


def algorithm_fields(annotation: MaskAnnotation, case: Case) -> dict[str, Any]:
    """Return the fields of a segment that say what made an annotation; none if the case does not say.

    It is that of its model-assistance record, else of the record that names it, else of the agent who made it, else the
    AI model of the metadata. Of that the last word is its version if it looks like one; the identification sequence
    has the words before it, by which it is told from an agent.
    """
    agents = {agent.id: agent.algorithm for agent in case.metadata.agents or ()}
    records = case.metadata.assistance or ()
    found: list[Algorithm | None] = [record.model for record in records if record.id == annotation.assistance_id]
    found += [record.model for record in records if annotation.id in (record.annotation_ids or ())]
    found.append(agents.get(annotation.annotator or case.metadata.annotator or ""))
    algorithm = next((each for each in found if each is not None), None)
    if algorithm is None:
        stated = case.metadata.software.ai_model if case.metadata.software else None
        return _model_fields(stated) if stated else {}
    parameters = strict_json.plain(algorithm).get("parameters")
    words = parameters[_WORDS] if list(parameters or ()) == [_WORDS] else None
    is_text = isinstance(words, str) and _parameters(words) == {_WORDS: words}
    is_as_model = algorithm.family is not None and not (algorithm.version or algorithm.manufacturer or parameters)
    return {
        "algorithm_name": algorithm.name,
        "algorithm_version": algorithm.version,
        "algorithm_source": _NO_MAKER if is_as_model else algorithm.manufacturer,
        "algorithm_family": algorithm.family,
        "algorithm_parameters": words if is_text else _listed(parameters) if parameters else None,
    }


def agent_of(segment: Segment) -> dict[str, Any] | None:
    """Return the agent that made a segment, as a case document has it; None if no algorithm is named."""
    if segment.algorithm_type in _BY_HAND or segment.algorithm_name is None:
        return None
    stated = {
        "name": segment.algorithm_name,
        "version": segment.algorithm_version,
        "manufacturer": segment.algorithm_source,
        "family": segment.algorithm_family,
        "parameters": _parameters(segment.algorithm_parameters),
    }
    algorithm = {key: strict_json.plain(value) for key, value in stated.items() if value not in (None, _NO_MAKER)}
    words = [" ".join(str(algorithm[key]).split()) for key in ("name", "version") if key in algorithm]
    return {"id": " ".join(words), "kind": "device", "roles": ["model"], "algorithm": algorithm}


def agents_and_model(segments: Sequence[Segment], *, is_ours: bool) -> tuple[dict[int, dict[str, Any]], str | None]:
    """Return the agent of each segment number that has one, or else the AI model of which we wrote all of them.

    Agents of one name and version that differ otherwise have a digest in their ids.
    """
    by_machine = [segment for segment in segments if segment.algorithm_type not in _BY_HAND]
    agents = {segment.number: agent for segment in by_machine if (agent := agent_of(segment)) is not None}
    named = [agent["id"] for agent in {strict_json.dumps(each["algorithm"]): each for each in agents.values()}.values()]
    for agent in agents.values():
        if named.count(agent["id"]) > 1:
            agent["id"] += f" {ids.content_digest(strict_json.dumps(agent['algorithm']))[:8]}"
    models = {_model(segment) for segment in by_machine}
    if is_ours and len(models) == 1 and None not in models:
        return {}, models.pop()
    return agents, None


def _model_fields(name: str) -> dict[str, Any]:
    """Return the fields of an AI model; where its name does not end in a version, what kind of algorithm it is."""
    title, _, version = name.rpartition(" ")
    if title.strip() and _VERSION.fullmatch(version):
        return {"algorithm_name": name, "algorithm_title": title, "algorithm_version": version}
    return {"algorithm_name": name, "algorithm_family": ARTIFICIAL_INTELLIGENCE}


def _model(segment: Segment) -> str | None:
    """Return the AI model whose fields a segment has, and no others."""
    stated = {name: value for name in _FIELDS if (value := getattr(segment, name)) is not None}
    return segment.algorithm_name if stated == _model_fields(segment.algorithm_name or "") else None


def _parameters(stated: str | None) -> dict[str, Any] | None:
    """Return parameters: those of a list as we write it, else the text itself."""
    if stated is None:
        return None
    try:
        pairs = [pair.split("=") for pair in stated.split(",")]
        found = {unquote(key): _value(unquote(text)) for key, text in pairs}
        Algorithm.model_validate_json(strict_json.dumps({"name": "any", "parameters": found}))
        if _listed(found) == stated:
            return found
    except (AnnoconvError, TypeError, ValueError):
        pass
    return {_WORDS: stated}


def _listed(parameters: Mapping[str, Any]) -> str:
    """Return parameters as `name=value,name=value`, as highdicom reads them; PS3.3 10.16 leaves the form free.

    A value is JSON, a text without its quotes where it is not JSON by itself. What would end a name or a value, and
    what a reader would strip, is written as `%2C`.
    """
    return ",".join(f"{_quoted(key)}={_quoted(_text(value))}" for key, value in parameters.items())


def _text(value: Any) -> str:
    if isinstance(value, str) and _value(value) == value:
        return value
    return strict_json.dumps(value).decode().strip()


def _value(text: str) -> Any:
    """Return what a text is as JSON, else itself."""
    try:
        found = strict_json.loads(text.encode())
    except AnnoconvError:
        return text
    return found if strict_json.dumps(found).decode().strip() == text else text


def _quoted(text: str) -> str:
    return _SPECIAL.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)
