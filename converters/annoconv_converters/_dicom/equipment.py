"""Which software wrote an object, and with which it was annotated (PS3.3 C.7.5.1, C.12.1.1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset

from annoconv.documents import strict_json
from annoconv.model import Concept
from annoconv_converters._dicom.codes import code_item, concept_in
from annoconv_converters._dicom.dates import date_time, moment
from annoconv_converters._dicom.encoding import items
from annoconv_converters._dicom.texts import fit, text

if TYPE_CHECKING:
    from annoconv.model import Metadata

__all__ = ["OWN_MANUFACTURER", "UNSPECIFIED", "is_own", "put_annotation_software", "software_in"]

OWN_MANUFACTURER: Final = "annoconv"
UNSPECIFIED: Final = "unspecified"
"""Name of software of which nothing is known, where one is required."""
_ANNOTATION_SOFTWARE: Final = ("109102", "DCM", "Processing Equipment")
"""Purpose of the item of ContributingEquipmentSequence that names the annotation software."""


def is_own(header: Dataset) -> bool:
    """Tell whether we wrote the file, so that it holds nothing that a case does not."""
    return text(header.get("Manufacturer")) == OWN_MANUFACTURER


def put_annotation_software(header: Dataset, metadata: Metadata) -> None:
    """Put name and version of the annotation software and when it was last used, as far as the case says."""
    name = metadata.software.name if metadata.software else None
    stated = metadata.software.version if metadata.software else None
    ended = metadata.timestamps.end if metadata.timestamps else None
    if name is None and stated is None and ended is None:
        return
    equipment = Dataset()
    code, scheme, meaning = _ANNOTATION_SOFTWARE
    equipment.PurposeOfReferenceCodeSequence = items(code_item(Concept(code=code, scheme=scheme, meaning=meaning)))
    equipment.Manufacturer = fit("LO", name or UNSPECIFIED)
    if name is not None:
        equipment.ManufacturerModelName = fit("LO", name)
    if stated is not None:
        equipment.SoftwareVersions = fit("LO", stated)
    if ended is not None:
        equipment.ContributionDateTime = date_time(ended)
    header.ContributingEquipmentSequence = items(equipment)


def software_in(header: Dataset) -> tuple[str, str, str | None]:
    """Return name and version of the annotation software, and when it was last used."""
    for equipment in header.get("ContributingEquipmentSequence") or []:
        purpose = concept_in(equipment, "PurposeOfReferenceCodeSequence")
        if purpose is not None and (purpose.code, purpose.scheme) == _ANNOTATION_SOFTWARE[:2]:
            at = moment(text(equipment.get("ContributionDateTime")))
            ended = None if at is None else strict_json.plain(at)
            return text(equipment.get("ManufacturerModelName")), text(equipment.get("SoftwareVersions")), ended
    if is_own(header):
        return "", "", None
    return text(header.get("ManufacturerModelName")), text(header.get("SoftwareVersions")), None
