"""Label systems in files: the labels that `--label-system` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from annoconv.documents import strict_json
from annoconv.documents.json_values import json_type
from annoconv.documents.normaliser import normalise
from annoconv.errors import DocumentError, InputError
from annoconv.files.atomic import check_inputs
from annoconv.files.inputs import check_source
from annoconv.model import Label

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["read_label_system"]


def read_label_system(path: Path, limits: Limits | None = None) -> tuple[tuple[Label, ...], str | None]:
    """Return the labels of a label system, or of a list of labels, and the identifier of the system if it tells it.

    Raises
    ------
    DocumentError
        If a label of it is not right.
    InputError
        If the file is none.
    """
    check_inputs([path])
    check_source(path)
    document = strict_json.loads(strict_json.read_bytes(path, limits), limits=limits, source=path)
    listed = document.get("labels") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        problem = "this is not a label system"
        raise InputError(
            problem,
            source=path,
            found=json_type(document),
            expected='{"labels": [...]}',
            advice="Name the file of the task's labels with --label-system",
        )
    try:
        labels = tuple(TypeAdapter(list[Label]).validate_json(strict_json.dumps(listed)))
    except ValidationError as error:
        found = normalise(error.errors(include_url=False), "pydantic", document=listed)
        raise DocumentError(
            "this is not a label system",
            findings=found,
            source=path,
            advice="Correct --label-system",
        ) from None
    identity = document.get("id") if isinstance(document, dict) else None
    return labels, identity if isinstance(identity, str) else None
