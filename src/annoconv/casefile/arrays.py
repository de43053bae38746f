"""Masks of a case from arrays in memory, and what else a program makes a case of: its image, a span of a text.

Arrays are C-order `mask_kji` (slice, row, column) on the grid of the image that the annotation is drawn on; slices are
in the order in which `image_of` describes them and `pixels_of` reads them, whatever order their files have.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv import images
from annoconv.advice import NOTHING, nearest
from annoconv.errors import GeometryError, MaskError, UsageError
from annoconv.files.inputs import paths_of
from annoconv.geometry import Grid
from annoconv.messages import Message, listed
from annoconv.model import Case, Image, MaskAnnotation, TextDocument, TextSpanAnnotation
from annoconv.pixels import ArrayVolume, Mask, Masks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from annoconv_model.keys import AnnotationCategory, SemanticType
    from numpy.typing import NDArray

    from annoconv.limits import Limits

__all__ = ["image_of", "masks_of", "pixels_of", "text_span"]

_MOST_NAMED: Final = 10
_AS_ARRAY: Final = (
    "Give a numpy array in the order slice, row, column; of a tensor or an image take numpy.asarray(...) first, and "
    "turn its axes where they are in another order"
)


def image_of(path: Path | str, *, limits: Limits | None = None) -> Image:
    """Return the one image in a file or folder (a DICOM series, NIfTI, NRRD, MetaImage) as a case describes it.

    Raises
    ------
    ImageError
        If there is no image, or there are several: they are listed.
    """
    return images.open(_one(path), limits).describe()


def pixels_of(path: Path | str, *, limits: Limits | None = None) -> NDArray[Any]:
    """Return the pixels of the one image in a file or folder.

    Returns
    -------
    ndarray, shape (slice, row, column) or (slice, row, column, sample)
        As stored, rescaling not applied; the slices in the order of `image_of`, in which masks of it are given.
    """
    return images.open(_one(path), limits).read()


def _one(path: object) -> Path:
    paths = paths_of(path)
    if len(paths) != 1:
        raise UsageError(
            "one image is asked for",
            found=Message("{count} paths", count=len(paths)),
            expected="one file or folder",
            advice="Name the folder of one series",
        )
    return paths[0]


def masks_of(case: Case, given: Mapping[str, Mask | NDArray[Any]]) -> Masks:
    """Return the masks of a case by annotation id, some or all of them given as arrays.

    Parameters
    ----------
    case
        Its images state their shapes, which are those of the arrays.
    given
        By the id of an annotation of type mask. An array of bool is the mask; one of whole numbers is what the mask's
        file holds, of which the mask is `mask_value` if the annotation has one, else all that is not 0; one of floats
        from 0 to 1 is fractions. Shape (slice, row, column), or (row, column) of a picture. A copy is taken, unless
        the array and what it is a view of are read-only.

    Raises
    ------
    UsageError
        If something is no array, or a name is no annotation of type mask.
    MaskError, GeometryError
        If an array is of another shape or type, or has not the value that the annotation names.
    """
    annotations = {each.id: each for each in case.annotations}
    every = {image.uid: image for image in (*(case.related_images or ()), case.image)}
    volumes: dict[tuple[int, str], ArrayVolume] = {}
    found: list[Mask] = []
    for identity, value in given.items():
        annotation = annotations.get(identity)
        if not isinstance(annotation, MaskAnnotation):
            raise _no_mask(case, identity)
        if isinstance(value, Mask):
            found.append(Mask(identity, value.volume, value.value))
            continue
        image = every.get(annotation.image_uid or case.image.uid)
        if image is None:
            raise UsageError(
                "the mask names an image that the case has not",
                where=identity,
                found=annotation.image_uid,
                expected=listed([*every], _MOST_NAMED),
                advice="Correct image_uid, or leave it out for the image of the case",
            )
        key = id(value), image.uid
        if key not in volumes:
            volumes[key] = _volume_of(value, image, identity)
        found.append(Mask(identity, volumes[key], _value_of(volumes[key], annotation)))
    return Masks(found)


def _no_mask(case: Case, identity: object) -> UsageError:
    known = [each.id for each in case.annotations if isinstance(each, MaskAnnotation)]
    other = next((each for each in case.annotations if each.id == identity), None)
    return UsageError(
        "a mask is given for what is no annotation of type mask",
        where=str(identity),
        found=NOTHING if other is None else Message("an annotation of type {type}", type=other.type),
        expected=listed(known, _MOST_NAMED) if known else Message("a case with an annotation of type mask"),
        advice=nearest(identity, known) if known else "Add a MaskAnnotation with this id to the case",
    )


def _volume_of(value: object, image: Image, identity: str) -> ArrayVolume:
    if not isinstance(value, np.ndarray):
        raise UsageError(
            "a mask is an array",
            where=identity,
            found=type(value).__name__,
            expected="numpy.ndarray",
            advice=_AS_ARRAY,
        )
    if image.shape is None:
        raise GeometryError(
            "the image of the mask states no shape",
            where=identity,
            found=image.uid,
            expected="an image with shape, [columns, rows, slices]",
            advice="Take the image from its files with annoconv.image_of(folder), or give its shape",
        )
    grid = Grid.from_image(image)
    array: NDArray[Any] = value[None] if value.ndim == 2 and grid.shape[2] == 1 else value
    if array.shape != grid.shape_kji:
        raise MaskError(
            "the array does not fit the image",
            where=identity,
            found=Message("shape {shape}", shape=value.shape),
            expected=Message("shape {shape} (slice, row, column)", shape=grid.shape_kji),
            advice=_to_fit(array.shape, grid.shape_kji),
        )
    if isinstance(array, np.ma.MaskedArray):
        raise MaskError(
            "an array that hides values is no mask",
            where=identity,
            found=type(array).__name__,
            expected="numpy.ndarray",
            advice="Say what the hidden voxels are: array.filled(0)",
        )
    if array.dtype.kind not in "biuf":
        raise MaskError(
            "an array of this type is no mask",
            where=identity,
            found=array.dtype,
            expected="bool, whole numbers from 0, or floats from 0 to 1",
            advice="Take array > 0, or array.astype(bool)",
        )
    if _can_change(array):
        array = array.copy()
    try:
        return ArrayVolume(grid, array)
    except MaskError as error:
        error.where = identity
        raise


def _can_change(array: NDArray[Any]) -> bool:
    """Tell whether its values can be changed, through itself or through an array that it is a view of."""
    while not array.flags.writeable and isinstance(array.base, np.ndarray):
        array = array.base
    return array.flags.writeable


def _to_fit(shape: tuple[int, ...], wanted: tuple[int, ...]) -> Message:
    """Return what is done to an array of another shape: its axes are turned, or one is left out."""
    if len(shape) == len(wanted):
        orders = [order for order in permutations((2, 1, 0)) if tuple(shape[axis] for axis in order) == wanted]
        if orders:
            return Message("Turn the axes: array.transpose{order}", order=orders[0])
    for axis in range(len(shape)):
        if shape[:axis] + shape[axis + 1 :] == wanted:
            return Message("Leave out the axis {axis}, such as by array.any(axis={axis})", axis=axis)
    return Message("Bring the mask onto the grid of its image first")


def _value_of(volume: ArrayVolume, annotation: MaskAnnotation) -> int | None:
    """Return the value that is the mask in its array: None of one that is the mask itself."""
    labels_kji = volume.read()
    if labels_kji.dtype.kind in "bf" or annotation.mask_value is None:
        return None
    if annotation.mask_value > np.iinfo(labels_kji.dtype).max or not (labels_kji == annotation.mask_value).any():
        values = np.unique(labels_kji)
        if values.any():
            raise MaskError(
                "the array has not the value that the annotation names",
                where=annotation.id,
                found=listed(values.tolist(), _MOST_NAMED),
                expected=annotation.mask_value,
                advice="Give the whole label map, or the mask alone as an array of bool (array > 0)",
            )
    return annotation.mask_value


def text_span(
    document: TextDocument,
    quote: str,
    *,
    id: str,
    label_code: str,
    semantic_type: SemanticType,
    category: AnnotationCategory = "report",
    occurrence: int | None = None,
    **keys: Any,
) -> TextSpanAnnotation:
    """Return the annotation of a span of a text, which is found by what it says.

    Parameters
    ----------
    document
        The text, one of `case.texts`.
    quote
        The span, verbatim. Its offsets are counted in code points, as the model has them.
    id, label_code, semantic_type, category
        Keys of the annotation; a text stands for the member of an enumeration.
    occurrence
        Which of several places of the quote is meant, from 0; where there is one it need not be given.
    **keys
        Other keys of `TextSpanAnnotation`.

    Raises
    ------
    UsageError
        If the text does not say so, or says so at several places and none is chosen.
    DocumentError
        If a key has a value that the model does not take.
    """
    if not isinstance(document, TextDocument) or not isinstance(quote, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(
            "a span is found in a text by what it says",
            found=f"{type(document).__name__}, {type(quote).__name__}",
            expected="TextDocument, str",
            advice="Give one of case.texts, and the words of the span",
        )
    starts = _places(document.content, quote)
    if not starts or (len(starts) > 1 and occurrence is None) or not -1 < (occurrence or 0) < len(starts):
        raise UsageError(
            "the text has not one place for this span",
            where=document.id,
            found=Message("{count} places of {length} characters", count=len(starts), length=len(quote)),
            expected="one place, or the number of one",
            advice="Give occurrence, counted from 0"
            if len(starts) > 1
            else "Quote the text letter by letter, with its spaces and punctuation",
        )
    start = starts[occurrence or 0]
    given: dict[str, Any] = {
        "id": id,
        "label_code": label_code,
        "category": category,
        "semantic_type": semantic_type,
        "text_id": document.id,
        "start": start,
        "end": start + len(quote),
        "text": quote,
        **keys,
    }
    return TextSpanAnnotation(**given)


def _places(text: str, quote: str) -> list[int]:
    found: list[int] = []
    at = text.find(quote) if quote else -1
    while at >= 0:
        found.append(at)
        at = text.find(quote, at + 1)
    return found
