"""The private carrier: one block, group 4143 ("AC"), creator `ANNOCONV` (PS3.5 7.8.1).

(4143,1001) UT holds a JSON object, which the converter's page in `docs/formats/` describes. A file without the block is
complete in itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydicom.tag import BaseTag, Tag

from annoconv.documents import strict_json
from annoconv.errors import DocumentError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from annoconv.limits import Limits

__all__ = ["CARRIER_CREATOR", "CARRIER_GROUP", "carried", "carry"]

CARRIER_CREATOR: Final = "ANNOCONV"
CARRIER_GROUP: Final = 0x4143
_CARRIER_ELEMENT: Final = 0x01


def carry(dataset: Dataset, document: dict[str, Any]) -> None:
    """Put a JSON object into the private block."""
    block = dataset.private_block(CARRIER_GROUP, CARRIER_CREATOR, create=True)
    block.add_new(_CARRIER_ELEMENT, "UT", strict_json.dumps(document).decode().strip())


def carried(dataset: Dataset, limits: Limits) -> dict[str, Any] | None:
    """Return the JSON object of the private block, numbers exact, or None if there is none.

    Raises
    ------
    DocumentError, LimitError
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
        raise DocumentError("not a JSON object", where=where)
    return document


def _carrier_tag() -> BaseTag:
    return Tag(CARRIER_GROUP, 0x1000 | _CARRIER_ELEMENT)
