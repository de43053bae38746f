"""The private carrier: one block, group 4143 ("AC"), creator `ANNOCONV` (PS3.5 7.8.1).

(4143,1001) UT holds a JSON object, which the converter's page in `docs/formats/` describes. A file without the block is
complete in itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydicom.tag import BaseTag, Tag

from annoconv.documents import strict_json
from annoconv.documents.json_values import json_type
from annoconv.errors import AnnoconvError, InputError
from annoconv.messages import Message
from annoconv_converters._dicom.elements import found_instead

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydicom.dataset import Dataset

    from annoconv.limits import Limits

__all__ = ["CARRIER_CREATOR", "CARRIER_GROUP", "CARRIER_PLACE", "carry", "read_carried"]

CARRIER_CREATOR: Final = "ANNOCONV"
CARRIER_GROUP: Final = 0x4143
CARRIER_PLACE: Final = "/(4143,1001)"
"""Of the block in a file, as a loss names it."""
_CARRIER_ELEMENT: Final = 0x01
_ADVICE: Final = "Remove the private block (4143,10xx) to read the file by itself"
_Block = TypeVar("_Block")


def carry(dataset: Dataset, document: dict[str, Any]) -> None:
    """Put a JSON object into the private block."""
    block = dataset.private_block(CARRIER_GROUP, CARRIER_CREATOR, create=True)
    block.add_new(_CARRIER_ELEMENT, "UT", strict_json.dumps(document).decode().strip())


def _carried(dataset: Dataset, limits: Limits) -> dict[str, Any] | None:
    """Return the JSON object of the private block, numbers exact, or None if there is none.

    Raises
    ------
    InputError, LimitError
        If there is a block and what it holds is not a strict JSON object.
    """
    try:
        value = dataset.private_block(CARRIER_GROUP, CARRIER_CREATOR)[_CARRIER_ELEMENT].value
    except KeyError:
        return None
    data = value if isinstance(value, bytes) else str(value).encode()
    where = str(_carrier_tag())
    document = strict_json.loads(data.strip(b" \0"), limits=limits, where=where, exact=True)
    if not isinstance(document, dict):
        raise InputError(
            "not a JSON object",
            where=where,
            found=json_type(document),
            expected="a JSON object",
            advice=_ADVICE,
        )
    return document


def read_carried(
    dataset: Dataset, path: Path, limits: Limits, *, version: int, block_of: Callable[[dict[str, Any]], _Block]
) -> _Block | None:
    """Return what the private block of a file says; None if it has none.

    Parameters
    ----------
    dataset
        The file's elements.
    path
        The file, which errors name.
    limits
        Bounds on the JSON.
    version
        Of the block, as this release writes it.
    block_of
        Makes of its JSON object what the converter knows; AttributeError, KeyError, TypeError or ValueError if it says
        anything else.

    Raises
    ------
    InputError
        If there is a block and it is of another version, or anything but what annoconv writes.
    """
    where = f"({CARRIER_GROUP:04X},1001)"
    try:
        document = _carried(dataset, limits)
        if document is None:
            return None
        stated = document.get("version")
        if stated == version:
            return block_of(document)
    except (AnnoconvError, AttributeError, KeyError, TypeError, ValueError) as error:
        problem: str = "the private block is damaged"
        if isinstance(error, AnnoconvError):
            problem = Message("the private block is damaged: {error}", error=error)
        raise InputError(
            problem,
            source=path,
            where=where,
            found=found_instead(error),
            expected="what annoconv writes there",
            advice=_ADVICE,
        ) from error
    raise InputError(
        "the private block is of a version that is not known here",
        source=path,
        where=where,
        found=stated,
        expected=version,
        advice=_ADVICE,
    )


def _carrier_tag() -> BaseTag:
    return Tag(CARRIER_GROUP, 0x1000 | _CARRIER_ELEMENT)
