"""Source images that name the slices: FHIR says by its SOP instance which slice a region lies on.

Written, an image that lists no instances gets those of its series; read, so does a series of an ImagingStudy.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from annoconv import images as image_seam
from annoconv.casefile import LoadedCase
from annoconv.errors import ImageError
from annoconv.model import ImageInstance
from annoconv_converters.fhir.imaging import instance_put

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.images import ImageSource
    from annoconv.limits import Limits
    from annoconv.loss import Loss
    from annoconv.model import Case, Image
    from annoconv_converters.fhir.names import Resource
    from annoconv_converters.fhir.sources import Located

__all__ = ["list_instances", "with_instances"]


def with_instances(cases: Iterable[LoadedCase], images: Sequence[Path], limits: Limits) -> Iterator[LoadedCase]:
    """Yield cases whose images list the instances of their series where something lies on a slice and they list none.

    Parameters
    ----------
    cases
        The cases.
    images
        Files and folders that were named.
    limits
        Bounds on what is read.
    """
    volumes: dict[str, ImageSource] | None = None
    for loaded in cases:
        case = loaded.case
        wanted = _on_slices(case) if images else set[str]()
        every = (case.image, *(case.related_images or ()))
        if not any(each.uid in wanted and each.instances is None for each in every):
            yield loaded
            continue
        volumes = {each.uid: each for each in _scanned(images, limits)} if volumes is None else volumes
        first, *others = (_listing(each, volumes) if each.uid in wanted else each for each in every)
        changed = case.model_copy(update={"image": first, **({"related_images": others} if others else {})})
        yield LoadedCase(changed, partial(getattr, loaded, "masks"), loaded.path, loaded.fields)


def _on_slices(case: Case) -> set[str]:
    """Return the UIDs of the images of which something lies on a slice."""
    return {
        each.image_uid or case.image.uid for each in case.annotations if getattr(each, "slice_index", None) is not None
    }


def _listing(image: Image, volumes: dict[str, ImageSource]) -> Image:
    """Return an image with the instances of its series, in the order of its slices; itself where these have none."""
    listed = _instances(volumes.get(image.uid))
    if image.instances is not None or not listed:
        return image
    return image.model_copy(update={"instances": [ImageInstance.model_validate(each) for each in listed]})


def _instances(volume: ImageSource | None) -> list[dict[str, str]]:
    """Return the instances of a volume of which each slice is one."""
    slices = () if volume is None else volume.slices
    if any(each.frame is not None or not each.sop_instance_uid for each in slices):
        return []
    return [{"sop_instance_uid": each.sop_instance_uid, "sop_class_uid": each.sop_class_uid} for each in slices]


def _scanned(images: Sequence[Path], limits: Limits) -> list[ImageSource]:
    """Return the volumes among files and folders, which may hold pictures only."""
    try:
        return image_seam.scan(images, limits)
    except ImageError:
        return []


def list_instances(located: Sequence[Located], images: Sequence[Path], limits: Limits) -> list[Loss]:
    """Let series of ImagingStudies list the instances of their source, where regions name these and they list none.

    Parameters
    ----------
    located
        The resources, changed in place.
    images
        Files and folders that were named.
    limits
        Bounds on what is read.

    Returns
    -------
    list of Loss
        Series that are of no study.

    Raises
    ------
    ImageError
        If none of the images is of a study.
    """
    if not images:
        return []
    sources = image_seam.scan(images, limits)
    volumes = {each.uid: each for each in sources}
    named = {uid for _, _, each in located for uid in _uids(each)}
    used: set[str] = set()
    for series in (one for _, _, each in located for one in _series_of(each)):
        uid = str(series.get("uid"))
        used.add(uid)
        listed = _instances(volumes.get(uid))
        if "instance" not in series and any(each["sop_instance_uid"] in named for each in listed):
            series["instance"] = [instance_put(each) for each in listed]
    if not used & volumes.keys():
        raise ImageError(
            "no image of the resources is among those that were named",
            source=images[0],
            found=image_seam.describe_sources(sources),
            expected=", ".join(sorted(used)) or "an ImagingStudy with series",
            advice="Name the folder of the images that the ImagingStudy has, or leave --images out",
        )
    return list(image_seam.unused(sources, used, 0))


def _series_of(resource: Resource) -> Iterator[Resource]:
    series: Any = resource.get("series", ()) if resource.get("resourceType") == "ImagingStudy" else ()
    yield from (each for each in series if isinstance(each, dict)) if isinstance(series, list) else ()


def _uids(node: Any) -> Iterator[str]:
    """Yield the UIDs of instances that a selection names, in the form of any release."""
    if isinstance(node, dict):
        if node.get("resourceType") not in {None, "ImagingSelection", "Basic"}:
            return
        for key, value in node.items():
            if isinstance(value, str) and (key == "uid" or (key == "valueId" and node.get("url") == "uid")):
                yield value
            elif key not in {"meta", "code"}:
                yield from _uids(value)
    elif isinstance(node, list) and node and isinstance(node[0], dict):
        for each in node:
            yield from _uids(each)
