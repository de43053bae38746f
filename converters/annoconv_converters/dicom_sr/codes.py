"""The concepts of TID 1500 and the templates that it includes (PS3.16 A), and those that older files have for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.model import AbsentReason, Concept, QuantityComparator
from annoconv_converters._dicom.content import key_of
from annoconv_converters._dicom.snomed import modern_concept

if TYPE_CHECKING:
    from annoconv_converters._dicom.content import Item, Key

__all__ = ["dcm", "key_of", "names", "sct", "unit_concept"]


def dcm(code: str, meaning: str) -> Concept:
    """Return a concept of DICOM's own (PS3.16 D)."""
    return Concept(code=code, scheme="DCM", meaning=meaning)


def sct(code: str, meaning: str) -> Concept:
    """Return a concept of SNOMED CT."""
    return Concept(code=code, scheme="SCT", meaning=meaning)


def names(one: Item) -> Key:
    """Return the key of an item's concept name, of the former SNOMED scheme as that of SNOMED CT."""
    if one.name is None:
        return ("", "")
    name = modern_concept(one.name)
    return name.code, name.scheme


# --- the document (TID 1500, 1204, 1001 to 1004)

REPORT: Final = dcm("126000", "Imaging Measurement Report")
REPORTS: Final = frozenset({"126000", "126001", "126002", "126003"})
"""Titles of the reports of TID 1500 (CID 7021)."""
LANGUAGE: Final = dcm("121049", "Language of Content Item and Descendants")
COUNTRY: Final = dcm("121046", "Country of Language")
OBSERVER_TYPE: Final = dcm("121005", "Observer Type")
PERSON: Final = dcm("121006", "Person")
DEVICE: Final = dcm("121007", "Device")
PERSON_NAME: Final = dcm("121008", "Person Observer Name")
PERSON_LOGIN: Final = dcm("128774", "Person Observer's Login Name")
PERSON_ORGANIZATION: Final = dcm("121009", "Person Observer's Organization Name")
DEVICE_UID: Final = dcm("121012", "Device Observer UID")
DEVICE_NAME: Final = dcm("121013", "Device Observer Name")
DEVICE_MANUFACTURER: Final = dcm("121014", "Device Observer Manufacturer")
DEVICE_MODEL: Final = dcm("121015", "Device Observer Model Name")
PROCEDURE: Final = dcm("121058", "Procedure reported")
ANY_PROCEDURE: Final = sct("363679005", "Imaging procedure")
"""Procedure reported where the case names none; the template asks for one."""
MEASUREMENTS: Final = dcm("126010", "Imaging Measurements")
DERIVED: Final = dcm("126011", "Derived Imaging Measurements")
QUALITATIVE: Final = Concept(code="C0034375", scheme="UMLS", meaning="Qualitative Evaluations")
GROUP: Final = dcm("125007", "Measurement Group")

# --- the image library (TID 1600 to 1604)

LIBRARY: Final = dcm("111028", "Image Library")
LIBRARY_GROUP: Final = dcm("126200", "Image Library Group")
MODALITY: Final = dcm("121139", "Modality")
FRAME_OF_REFERENCE: Final = dcm("112227", "Frame of Reference UID")
ROWS: Final = dcm("110910", "Pixel Data Rows")
COLUMNS: Final = dcm("110911", "Pixel Data Columns")
BETWEEN_COLUMNS: Final = dcm("111026", "Horizontal Pixel Spacing")
BETWEEN_ROWS: Final = dcm("111066", "Vertical Pixel Spacing")
BETWEEN_SLICES: Final = dcm("112226", "Spacing between slices")
THICKNESS: Final = dcm("112225", "Slice Thickness")
POSITION: Final = tuple(dcm(f"11090{n}", f"Image Position (Patient) {axis}") for n, axis in enumerate("XYZ", 1))
ORIENTATION: Final = tuple(
    dcm(f"11090{n}", f"Image Orientation (Patient) {name}")
    for n, name in enumerate(("Row X", "Row Y", "Row Z", "Column X", "Column Y", "Column Z"), 4)
)

# --- a measurement group (TID 1410, 1411, 1501, 1502, 4019)

SESSION: Final = Concept(code="C67447", scheme="NCIt", meaning="Activity Session")
TRACKING_ID: Final = dcm("112039", "Tracking Identifier")
TRACKING_UID: Final = dcm("112040", "Tracking Unique Identifier")
FINDING_CATEGORY: Final = sct("276214006", "Finding category")
FINDING: Final = dcm("121071", "Finding")
PURPOSE: Final = dcm("130400", "Geometric purpose of region")
BOUNDED_BY: Final = sct("75958009", "Bounded by")
TIME_POINT: Final = Concept(code="C2348792", scheme="UMLS", meaning="Time Point")
REGION: Final = dcm("111030", "Image Region")
SURFACE: Final = dcm("121231", "Volume Surface")
PATH: Final = dcm("121055", "Path")
OUTLINE: Final = dcm("111041", "Outline")
CENTER: Final = dcm("111010", "Center")
"""Of a mask, beside its segment: a viewer shows nothing without coordinates (see `ohif`)."""
SOURCE: Final = sct("260753009", "Source")
SOURCE_IMAGE: Final = dcm("121324", "Source Image")
SEGMENT: Final = dcm("121191", "Referenced Segment")
SEGMENT_FRAME: Final = dcm("121214", "Referenced Segmentation Frame")
MEASURED_ON: Final = dcm("121112", "Source of Measurement")
"""The image that what is said of no region is said of (TID 1501, row 10b)."""
SOURCE_SERIES: Final = dcm("121232", "Source series for segmentation")
SOURCE_FOR_SEGMENT: Final = dcm("121233", "Source image for segmentation")
VALUE_MAP: Final = dcm("126100", "Real World Value Map used for measurement")
METHOD: Final = sct("370129005", "Measurement Method")
SITE: Final = sct("363698007", "Finding Site")
LATERALITY: Final = sct("272741003", "Laterality")
TOPOGRAPHICAL: Final = sct("106233006", "Topographical modifier")
COMMENT: Final = dcm("121106", "Comment")
ALGORITHM_NAME: Final = dcm("111001", "Algorithm Name")
ALGORITHM_VERSION: Final = dcm("111003", "Algorithm Version")
ALGORITHM_PARAMETERS: Final = dcm("111002", "Algorithm Parameters")
ALGORITHM_FAMILY: Final = dcm("111000", "Algorithm Family")
UNSPECIFIED: Final = "unspecified"
"""Version of an algorithm of which none is known; the template asks for one."""

# --- a measurement (TID 300, 310, 312)

DERIVATION: Final = dcm("121401", "Derivation")
YES: Final = sct("373066001", "Yes")
NO: Final = sct("373067005", "No")
COMPARATOR: Final = Concept(code="comparator", scheme="99ANNOCONV", meaning="Comparator")
"""Whether the value is a bound; no template has it."""
COMPARATORS: Final = {
    kind: Concept(code=kind.value, scheme="99ANNOCONV", meaning=meaning)
    for kind, meaning in (
        (QuantityComparator.LT, "less than"),
        (QuantityComparator.LE, "less than or equal to"),
        (QuantityComparator.GE, "greater than or equal to"),
        (QuantityComparator.GT, "greater than"),
    )
}
NORMAL_LOW: Final = sct("385524004", "Normal Range Lower Limit")
NORMAL_HIGH: Final = sct("371933006", "Normal Range Upper Limit")
ABSENT: Final = {
    AbsentReason.UNKNOWN: dcm("114010", "Value unknown"),
    AbsentReason.NOT_PERFORMED: dcm("114007", "Measurement not attempted"),
    AbsentReason.ERROR: dcm("114006", "Measurement failure"),
    AbsentReason.UNCERTAIN: dcm("114011", "Value indeterminate"),
}
"""Why there is no value (CID 42); of any other reason, that the value is unknown."""

_UNITS: Final = {
    "1": "no units",
    "mm": "millimeter",
    "cm": "centimeter",
    "mm2": "square millimeter",
    "cm2": "square centimeter",
    "mm3": "cubic millimeter",
    "cm3": "cubic centimeter",
    "ml": "Milliliter",
    "%": "Percent",
    "deg": "degree",
    "[hnsf'U]": "Hounsfield unit",
    "{pixels}": "pixels",
    "{SUVbw}g/ml": "Standardized Uptake Value body weight",
}
"""Meanings of units that other software writes so (CID 82, 7181, 84); of others, the unit itself."""


def unit_concept(unit: str) -> Concept:
    """Return a unit of UCUM as a concept (CID 82)."""
    return Concept(code=unit, scheme="UCUM", meaning=_UNITS.get(unit, unit))
