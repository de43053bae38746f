"""The task's labels from the file of an option."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from annoconv.limits import Limits
    from annoconv.model import Label


def read_labels(path: Path, limits: "Limits | None" = None) -> "tuple[Label, ...]":
    """Return the labels of a label system, or of a list of labels.

    Raises
    ------
    DocumentError
        If a label of it is not right.
    InputError
        If the file is none.
    """
    from pydantic import TypeAdapter, ValidationError

    from annoconv.documents import strict_json
    from annoconv.errors import DocumentError, InputError
    from annoconv.files.atomic import check_inputs
    from annoconv.files.inputs import check_source
    from annoconv.model import Label
    from annoconv.validation import normalise

    check_inputs([path])
    check_source(path)
    document = strict_json.loads(strict_json.read_bytes(path, limits), limits=limits, source=path)
    listed = document.get("labels") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        problem = "this is not a label system"
        raise InputError(problem, source=path, expected='{"labels": [...]}', advice="Correct --label-system")
    try:
        return tuple(TypeAdapter(list[Label]).validate_json(strict_json.dumps(listed)))
    except ValidationError as error:
        found = normalise(error.errors(include_url=False), "pydantic", document=listed)
        raise DocumentError(
            "this is not a label system",
            findings=found,
            source=path,
            advice="Correct --label-system",
        ) from None
