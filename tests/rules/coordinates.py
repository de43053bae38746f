"""What keeps and what breaks the rules on coordinates, instances, sources of results, devices and links to oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.documents import Document, common
from tests.rules.examples import Example, add, each, review

if TYPE_CHECKING:
    from collections.abc import Callable

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
MATRIX = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
SLIDE = {"uid": "s", "modality": "SM", "shape": [1000, 800], "coordinate_frame": "SLIDE"}
LEVELS = [{"shape": [1000, 800], "downsample": 1}, {"shape": [250, 200], "downsample": 4}]
WITH_PEOPLE = [{"id": "A1"}, {"id": "R1"}]
MODEL = {"id": "D", "roles": ["model"]}


def of(key: str, *values: object, **rest: Any) -> Callable[[Document], None]:
    """Give each annotation a value of a key, and the metadata what else is told."""

    def change(document: Document) -> None:
        each(*({key: value} for value in values))(document)
        document["metadata"].update(rest)

    return change


def line(*points: list[float]) -> Callable[[Document], None]:
    return add(common("X", "polyline", polyline=[*points], slice_index=2))


def marked(*points: list[float]) -> Callable[[Document], None]:
    named = [{"name": f"k{n}", "point": point} for n, point in enumerate(points)]
    return add(common("X", "keypoints", keypoints=named, slice_index=2))


def turned(center: list[float], size: list[float], **rest: Any) -> Callable[[Document], None]:
    return add(common("X", "oriented_box", center=center, size=size, slice_index=2, **rest))


def outlined(**rest: Any) -> Callable[[Document], None]:
    contour = {"geometric_type": "POINT", "points": [[1, 2, 8]]}
    return add(common("X", "contours", contours=[contour], frame_of_reference_uid="1.5", **rest))


def in_patient(document: Document) -> None:
    document["image"]["frame_of_reference_uid"] = "1.5"


def placed(shape: str, geometry: Document, **rest: Any) -> Callable[[Document], None]:
    return add(common("X", shape, **geometry, **rest))


def in_time(change: Callable[[Document], None], times: int = 4) -> Callable[[Document], None]:
    return lambda document: (document["image"].update(temporal_positions=times), change(document))


def held(*numbers: int, modality: str = "CT", sop_class: str | None = None, **rest: Any) -> Callable[[Document], None]:
    """Give the image the instances of these numbers, and another one, of two slices, with the instances 8 and 9."""

    def listed(*numbers: int) -> list[Document]:
        stated = {} if sop_class is None else {"sop_class_uid": sop_class}
        return [{"sop_instance_uid": f"1.7.{number}", **stated} for number in numbers]

    def change(document: Document) -> None:
        document["image"].update(modality=modality, instances=listed(*numbers), **rest)
        other = {"uid": "o", "modality": "MR", "shape": [9, 9, 2], "coordinate_frame": "NONE"}
        document["related_images"] = [other | {"instances": listed(8, 9)}]

    return change


def several(count: int, **rest: Any) -> Callable[[Document], None]:
    """Give an image, the slide if no other is told, so many instances."""
    instances = [{"sop_instance_uid": f"1.7.{n}"} for n in range(count)]
    return lambda document: document.update(related_images=[{**SLIDE, "instances": instances, **rest}])


def radiograph(uid: str, modality: str) -> Document:
    """Return a picture of one instance, the same of all."""
    instances = [{"sop_instance_uid": "1.7.1"}]
    return {"uid": uid, "modality": modality, "shape": [9, 9], "coordinate_frame": "NONE", "instances": instances}


def grown(source: Document, result: Document, outcome: str | None = None) -> Callable[[Document], None]:
    """Let the box be made of the polygon; with an outcome, a record tells of the polygon that it was a suggestion."""

    def change(document: Document) -> None:
        each({"derived_from": ["P1"], **result}, {"status": "preliminary", **source})(document)
        document["metadata"]["agents"] = [*WITH_PEOPLE, MODEL]
        if outcome is not None:
            record = {"id": "S", "model": {"name": "m"}, "outcome": outcome, "annotation_ids": ["P1"]}
            document["metadata"]["assistance"] = [record]

    return change


def by_way(change: Callable[[Document], None]) -> Callable[[Document], None]:
    """Let the point, and no longer the polygon, be the source of the box, a draft of a reader made of the polygon."""

    def further(document: Document) -> None:
        change(document)
        each({"derived_from": ["Q1"]}, {}, {"derived_from": ["P1"], "status": "preliminary"})(document)

    return further


def reviewed(level: str, agent: str, *more: Document) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["metadata"]["agents"] = [*WITH_PEOPLE, MODEL, *more]
        document["reviews"] = [review(), review(id="V2", level=level, reviewer=agent, annotation_ids=["B1"])]

    return change


def related(**rest: Any) -> Callable[[Document], None]:
    link = {"id": "L", "type": "relation", "source_id": "P1", "target_id": "Q1", "relation": "near", **rest}
    return lambda document: document.update(links=[link])


def corresponding(*ids: str) -> Callable[[Document], None]:
    return lambda document: document.update(links=[{"id": "L", "type": "image_image", "annotation_ids": [*ids]}])


COORDINATES: dict[str, list[Example]] = {
    "A-6.4.1.coordinate_count": [
        Example(line([1, 1], [2, 2, 2]), "/annotations/3/polyline/1", "minimal", line([1, 1, 2], [2, 2, 2])),
        Example(
            marked([1, 1, 2], [2, 2, 2], [3, 3]),
            "/annotations/3/keypoints/2/point",
            "minimal",
            marked([1, 1], [2, 2], [3, 3]),
        ),
        Example(turned([4, 4], [3, 4, 5]), "/annotations/3/size", "minimal", turned([4, 4], [3, 4])),
        Example(turned([4, 4, 2.5], [3, 4]), "/annotations/3/size", "minimal", turned([4, 4, 2.5], [3, 4, 2])),
    ],
    "A-6.4.1.turned_otherwise": [
        Example(
            turned([4, 4], [3, 4], direction=MATRIX),
            "/annotations/3/direction",
            "minimal",
            turned([4, 4, 2.5], [3, 4, 2], direction=MATRIX),
        ),
        Example(
            turned([4, 4, 2.5], [3, 4, 2], rotation_degrees=30),
            "/annotations/3/rotation_degrees",
            "minimal",
            turned([4, 4], [3, 4], rotation_degrees=30),
        ),
    ],
    "A-6.3.1.contours_in_image": [
        Example(
            lambda d: (in_patient(d), outlined(coordinate_space="image")(d)),
            "/annotations/3/coordinate_space",
            profile,
            lambda d, told=told: (in_patient(d), outlined(**told)(d)),
        )
        for profile, told in (("minimal", {}), ("delivery", {"coordinate_space": "patient"}))
    ],
    "A-C.3.place_contradicted": [
        *(
            Example(
                placed("bbox", {"bbox": [1, 1, 5, 5]}, **wrong),
                "/annotations/3/slice_index",
                "minimal",
                change(placed("bbox", {"bbox": [1, 1, 5, 5]}, **right)),
            )
            for wrong, right, change in (
                ({"frame_index": 2, "slice_index": 3}, {"frame_index": 3, "slice_index": 3}, lambda same: same),
                ({"frame_index": 3, "slice_index": 9}, {"frame_index": 3, "slice_index": 9}, in_time),
                (
                    {"frame_index": 2, "last_frame_index": 4, "slice_index": 5},
                    {"frame_index": 2, "last_frame_index": 4, "slice_index": 4},
                    lambda same: same,
                ),
            )
        ),
        *(
            Example(
                placed(shape, geometry, slice_index=6),
                "/annotations/3/slice_index",
                "minimal",
                placed(shape, geometry, slice_index=right),
            )
            for shape, geometry, right in (
                ("point", {"point": [3, 3, 8.5]}, 8),
                ("point", {"point": [3, 3, 8]}, 7),  # on the face between the two
                ("bbox", {"bbox": [1, 1, 1, 5, 5, 5]}, 3),
                ("ellipsoid", {"center": [8, 8, 3], "radii": [2, 2, 1]}, 4),
                ("oriented_box", {"center": [8, 8, 3], "size": [2, 2, 2]}, 1),
            )
        ),
        Example(
            placed("bbox", {"bbox": [1, 1, 5, 5]}, frame_index=0, slice_index=9),
            "/annotations/3/slice_index",
            "exchange",
            # One volume in time is one frame, whatever the slice.
            in_time(placed("bbox", {"bbox": [1, 1, 5, 5]}, frame_index=0, slice_index=9), 1),
        ),
        Example(
            placed("point", {"point": [3, 3, 8.5]}, frame_index=2),
            "/annotations/3/frame_index",
            "minimal",
            in_time(placed("point", {"point": [3, 3, 8.5]}, frame_index=2)),
        ),
    ],
    "A-7.2e.instance_count": [
        Example(several(3, pyramid=LEVELS), "/related_images/0/instances", "minimal", several(2, pyramid=LEVELS)),
        Example(
            several(2, modality="MR", shape=[9, 9, 2], temporal_positions=3, coordinate_frame="NONE"),
            "/related_images/0/instances",
            "minimal",
            several(3, modality="MR", shape=[9, 9, 2], temporal_positions=3, coordinate_frame="NONE"),
        ),
    ],
    "A-7.2e.instance_twice": [
        # Four slices of one instance are of a multi-frame one, whose slices may be uneven.
        Example(
            held(*[1] * 10, sop_class=CT_IMAGE_STORAGE),
            "/image/instances/1/sop_instance_uid",
            "minimal",
            held(*[1] * 10, sop_class=ENHANCED_CT),
        ),
        Example(
            held(*range(4), *range(3, 7), 7, 10), "/image/instances/4/sop_instance_uid", "minimal", held(*[1] * 10)
        ),
        Example(
            held(*range(1, 9), 10, 11),
            "/related_images/0/instances/0/sop_instance_uid",
            "minimal",
            held(*range(10, 20)),
        ),
        Example(
            lambda d: d.update(related_images=[radiograph("a", "DX"), radiograph("b", "DX")]),
            "/related_images/1/instances/0/sop_instance_uid",
            "minimal",
            lambda d: d.update(related_images=[radiograph("a", "XA"), radiograph("b", "XA")]),
        ),
    ],
    "A-3.4.suggestion_open": [
        *(
            Example(
                grown({"algorithm_type": "automatic"}, {}, outcome),
                "/annotations/0/derived_from/0",
                also_good=grown({"algorithm_type": "automatic"}, {}, "accepted"),
            )
            for outcome in ("pending", "rejected")
        ),
        Example(
            by_way(grown({}, {}, "rejected")),
            "/annotations/0/derived_from/0",
            also_good=by_way(grown({}, {"status": "preliminary"}, "rejected")),
        ),
        *(
            Example(
                grown({"status": "rejected", **told}, {"algorithm_type": "manual"}),
                "/annotations/0/derived_from/0",
                # A reader's version may be refused and another be made of it.
                also_good=grown({"status": "rejected"}, {"algorithm_type": "manual"}),
            )
            for told in ({"algorithm_type": "automatic"}, {"annotator": "D"})
        ),
    ],
    "A-3.4.manual_from_model": [
        Example(
            grown(told, {"algorithm_type": "manual"}),
            "/annotations/0/algorithm_type",
            also_good=grown(told, {"algorithm_type": "automatic_confirmed"}),
        )
        for told in ({"algorithm_type": "automatic"}, {"annotator": "D"})
    ],
    "A-9.3.1b.reviewer_is_device": [
        Example(
            lambda d: d["metadata"].update(reviewer="D", agents=[{"id": "A1"}, {"id": "D", "kind": "device"}]),
            "/metadata/reviewer",
            also_good=lambda d: d["metadata"].update(
                reviewer="D", agents=[{"id": "A1"}, {"id": "D", "kind": "person"}]
            ),
        ),
        Example(reviewed("arbitration", "D"), "/reviews/1/reviewer", also_good=reviewed("self_check", "D")),
        Example(
            reviewed("review", "E", {"id": "E", "kind": "device", "roles": ["reviewer"]}),
            "/reviews/1/reviewer",
            also_good=reviewed("review", "E", {"id": "E", "kind": "person", "roles": ["reviewer"]}),
        ),
    ],
    "A-3.3.link_to_itself": [
        Example(related(target_id="P1"), "/links/0/target_id", "minimal", related()),
        Example(corresponding("B1", "B1"), "/links/0/annotation_ids/1", "minimal", corresponding("B1", "P1")),
        Example(
            corresponding("B1", "P1", "B1"), "/links/0/annotation_ids/2", "minimal", corresponding("B1", "P1", "Q1")
        ),
        Example(
            of("cross_modal_links", ["P1", "B1"]),
            "/annotations/0/cross_modal_links/1",
            "minimal",
            of("cross_modal_links", ["P1", "Q1"]),
        ),
    ],
    "A-8.1.one_image": [
        Example(corresponding("B1", "Q1"), "/links/0/annotation_ids", "exchange", corresponding("B1", "P1")),
        Example(
            lambda d: (corresponding("B1", "Q1")(d), in_time(of("frame_index", 1, 2, 1))(d)),
            "/links/0/annotation_ids",
            also_good=lambda d: (corresponding("B1", "Q1")(d), in_time(of("frame_index", 1, 2, 2))(d)),
        ),
    ],
}
