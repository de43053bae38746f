"""FHIR R5 and R4B: images, regions, findings, reports and who made them, as resources for hospitals.

`docs/formats/fhir.md` holds the mapping table, the private carrier and the limits. Resources are plain dictionaries;
`to_fhir_resources` gives them as classes of fhir.resources.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

from annoconv.documents.collector import paused
from annoconv.registry import Option
from annoconv_converters._pictures.sizes import with_sizes
from annoconv_converters.fhir.read import read_files
from annoconv_converters.fhir.slices import lister
from annoconv_converters.fhir.typed import to_fhir_resources
from annoconv_converters.fhir.write import write_cases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context

__all__ = ["ENDINGS", "SIGNS", "SUFFIX", "from_fhir", "to_fhir", "to_fhir_resources"]

SIGNS = {"keys": ("resourceType",)}
"""What tells a file of the format from others (`annoconv.registry.signs`)."""

SUFFIX: Final = ".json"
ENDINGS: Final = (SUFFIX,)
Images: TypeAlias = Annotated[
    Sequence[Path], Option(help="Source images, files or folders: their instances name slices, their sizes are told.")
]


def to_fhir(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Images = (),
    release: Annotated[Literal["R5", "R4B"], Option(help="Release of FHIR.")] = "R5",
    bundle: Annotated[
        Literal["collection", "transaction", "document", "ndjson"],
        Option(help="A Bundle of that kind, or a folder of lines as Bulk Data has them."),
    ] = "collection",
    check: Annotated[bool, Option(help="Check the output by HL7's definitions before it is written.")] = False,
    plain: Annotated[bool, Option(help="Write no extensions of our own; what has no place is lost.")] = False,
) -> LossReport:
    """Write FHIR R5 or R4B: findings, regions, measurements and reports as one Bundle, or as lines.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        A `.json` file; of lines a folder.
    context
        Label system, limits; the time of a document whose case tells none.
    images
        Source images, which tell the sizes and the instances of slices that cases do not.
    release
        R5, or R4B with HL7's cross-version extensions for what it lacks.
    bundle
        A transaction puts each resource under its own id; a document is one case.
    check
        Whether to refuse an output that `check-fhir` would find an error in.
    plain
        Whether to leave out the extensions that take along what FHIR has no place for.

    Returns
    -------
    LossReport
        What FHIR does not hold by itself, exactly.

    Raises
    ------
    InputError
        If the case tells the name of a patient.
    MaskError
        If a mask is missing.
    DocumentError
        If the output is checked and not valid.
    UsageError
        If several cases are to be one document, or nothing tells its time.
    """
    sized = with_sizes(cases, images, context.limits, is_rendered=False)
    listing = lister(images, context.limits)
    return write_cases(
        sized, target, context=context, release=release, bundle=bundle, plain=plain, check=check, listing=listing
    )


def from_fhir(
    sources: Sequence[Path],
    *,
    context: Context,
    images: Images = (),
    release: Annotated[Literal["R5", "R4B"] | None, Option(help="Release of FHIR; else as its elements tell.")] = None,
) -> Iterator[Reading]:
    """Read FHIR R5 and R4B: Bundles, lines of Bulk Data and single resources.

    Parameters
    ----------
    sources
        Files of R5 or R4B, or folders of them; what belongs together is found by its references, in whichever file.
    context
        Label system, limits; zone of times that name none.
    images
        Source images: the slices of regions on series whose ImagingStudy lists no instances.
    release
        What another release has is refused.

    Raises
    ------
    InputError
        If a file is no FHIR or of two releases, a part of a case is not there, a quotation is not what its offsets say,
        a time names no zone, or an extension that changes the meaning is not known.
    ImageError
        If no image is that of any resource.
    """
    return paused(read_files(sources, context, release, images))
