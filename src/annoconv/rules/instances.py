"""Instances of images: each slice is of one, and an instance of one image (A 7.2 e, PS3.3 A.1.2)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from annoconv.model import Modality
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.model import Image

_OF_ONE_FRAME: Final = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{each}"
    for each in (1, 1.1, "1.1.1", 1.2, "1.2.1", 1.3, "1.3.1", 2, 4, 6.1, 7, 128, "77.1.1", "77.1.2", "77.1.3", "77.1.4")
)
"""SOP classes whose instances hold one frame (PS3.4 B.5): CR, DX, MG, IO, CT, MR, US, SC, PET, VL."""
_RADIOGRAPHS: Final = frozenset({Modality.CR, Modality.DX})
"""Modalities whose only classes are of one frame."""


@rule("A-7.2e.instance_twice")
def instance_twice(subject: Subject) -> Iterator[Breach]:
    """Yield the first instance of one frame that an image lists twice, or that an image before lists too.

    A multi-frame instance stands once, or for each of its slices where these are uneven; its frames may be of several
    images. An instance has one frame if its class or the modality has, or if slices beside it have instances of theirs.
    """
    owners: dict[str, str] = {}
    for path, image in subject.every_image():
        seen: set[str] = set()
        single = _of_one_frame(image)
        for place, each in enumerate(image.instances or ()):
            uid = each.sop_instance_uid
            first = image.uid if uid in seen else owners.get(uid)
            if uid in single and first is not None:
                yield Breach((*path, "instances", place, "sop_instance_uid"), {"uid": uid, "image": first})
                break
            seen.add(uid)
        owners = dict.fromkeys(seen & single, image.uid) | owners


def _of_one_frame(image: Image) -> set[str]:
    """Return the instances of an image that are known to hold one frame.

    One of several frames may end with fewer of them than those before, so that the last slice tells nothing.
    """
    instances = image.instances or ()
    uids = [each.sop_instance_uid for each in instances]
    slices = (image.shape[2] if image.shape is not None and len(image.shape) == 3 else 1) * (
        image.temporal_positions or 1
    )
    if len(uids) == slices and any(count == 1 for count in Counter(uids[:-1]).values()):
        return set(uids)
    is_radiograph = image.modality in _RADIOGRAPHS
    classes = {each.sop_instance_uid: each.sop_class_uid for each in instances}
    return {uid for uid, named in classes.items() if named in _OF_ONE_FRAME or (named is None and is_radiograph)}
