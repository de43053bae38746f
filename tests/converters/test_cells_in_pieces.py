"""Many outlines on a slide, read some at a time, and understood as they were drawn: the same as in the general way."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import annoconv_converters.geojson as geojson_module
import pytest
from annoconv_converters.geojson import kinds, pieces, write

import annoconv
from annoconv.casefile import LoadedCase
from annoconv.errors import AnnoconvError
from annoconv.limits import Limits
from annoconv.model import Case
from tests.converters.pictures_cases import flat_case

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv_converters._pictures.picture_format import PictureFormat

RING = [[1.5, 2.25], [9.25, 3.5], [4.75, 8.5], [1.5, 2.25]]
SQUARE = [[1, 2], [9, 2], [9, 7], [1, 7], [1, 2]]
CLASS = {"objectType": "annotation", "classification": {"name": "cell", "color": [1, 2, 3]}}


def outline(number: int, **more: Any) -> dict[str, Any]:
    ring = [[x + number, y] for x, y in RING]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "id": f"c{number}", "geometry": geometry, "properties": CLASS} | more


def polygon(*rings: Any, **more: Any) -> dict[str, Any]:
    return {"geometry": {"type": "Polygon", "coordinates": [*rings]} | more}


PLAIN: dict[str, dict[str, Any]] = {
    "as all": {},
    "whole numbers": polygon([[1, 2], [9, 2], [9, 7], [1, 7], [1, 2]]),
    "open": polygon(RING[:3]),
    "closed twice": polygon([*RING, RING[0]]),
    "a hole": polygon([[0.5, 0], [9.5, 0], [9.5, 9], [0.5, 9], [0.5, 0]], [[2.5, 3], [4.25, 3], [4, 5.5], [2.5, 3]]),
    "heights": polygon([[1.5, 2, 7], [9.25, 3, 7], [4, 8.5, 7], [1.5, 2, 7]]),
    "minus zero": polygon([[-0.0, 2.5], [9.25, 3.5], [4.75, 8.5], [-0.0, 2.5]]),
    "no properties": {"properties": None},
    "another class": {"properties": {"classification": {"names": ["cell", "large"]}, "name": "N"}},
    "a known class": {"properties": {"classification": {"name": "NODULE"}}},
    "a score": {"properties": {**CLASS, "confidence": 0.5}},
    "digits": {"properties": {**CLASS, "measurements": {"area": 5.5, "b": 1}}, "id": 7},
    "texts": {"properties": {**CLASS, "metadata": {"a": 'with "quotes" \\ and ä'}, "isLocked": True}},
    "an id of a type": {"id": "PathCellObject"},
    "no id": {"id": None},
    "odd texts": {"properties": {"objectType": 7, "classification": {"name": 3}, "unknown": {"a": [1]}}},
}
"""Members of a feature that is read in pieces."""
FURTHER: dict[str, dict[str, Any]] = {
    "an ellipse": polygon([[1, 2], [9, 2], [9, 7], [1, 7], [1, 2]], isEllipse=True),
    "a plane": polygon(RING, plane={"c": -1, "z": 2, "t": 0}),
    "a point": {"geometry": {"type": "Point", "coordinates": [1, 2]}},
    "no geometry": {"geometry": None},
    "a nucleus": {"nucleusGeometry": {"type": "Polygon", "coordinates": [RING]}},
    "a child": {"properties": {**CLASS, "childObjects": [{"type": "Feature", "geometry": None}]}},
    "several": {"geometry": {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}},
    "several outlines": {
        "geometry": {"type": "MultiPolygon", "coordinates": [[RING], [[[x, y + 50] for x, y in RING]]]}
    },
    "a mask": {"geometry": {"type": "MultiPolygon", "coordinates": [[SQUARE], [[[x + 50, y] for x, y in SQUARE]]]}},
    "a line": {"geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4.5]]}},
    "of its own": {"extra": 1},
    "a class that is another's label": {"properties": {"classification": {"name": "Nodule"}}},
}
"""Those of others that are read in pieces too."""
OTHERS: dict[str, dict[str, Any]] = {
    "named points": {
        "geometry": {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]},
        "properties": {**CLASS, "metadata": {"keypoints": ["a", "b"]}},
    },
    "properties of another type": {"properties": "text"},
    "a picture": {"properties": {**CLASS, "picture": "a.png"}},
    "the same id": {"id": "c0"},
    "far": polygon([[1e9, 2.5], [9.25, 3.5], [4.75, 8.5], [1e9, 2.5]]),
    "too short": polygon([[1, 2], [3, 4]]),
    "no numbers": polygon([["a", 2], [3, 4], [5, 6]]),
    "no type": {"type": "Fature"},
}


def told(path: Path, **options: Any) -> Any:
    """Return what is read, with its losses and findings, or why it is not."""
    target = path.with_name("case.json")
    try:
        (reading,) = annoconv.read([path], format="geojson", **options)
        annoconv.write_case(reading, target, overwrite=True)
        return [target.read_bytes(), [*reading.losses], [*reading.findings], reading.case]
    except AnnoconvError as error:
        return type(error), str(error)


def in_pieces(monkeypatch: pytest.MonkeyPatch, path: Path, **options: Any) -> tuple[Any, Any, bool]:
    """Return what is told of a file as a whole and in pieces, and whether it was read so."""
    found: list[bool] = []
    make = pieces._Pieces._joined

    def joined(self: Any, *asked: Any) -> Any:
        reading = make(self, *asked)
        found.append(reading is not None)
        return reading

    whole = told(path, **options)
    monkeypatch.setattr(pieces, "_LARGE", 0)
    monkeypatch.setattr(pieces, "_TOGETHER", 3)
    monkeypatch.setattr(pieces._Pieces, "_joined", joined)
    return whole, told(path, **options), found == [True]


def collection(path: Path, features: list[Any], **more: Any) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", **more, "features": features}))
    return path


@pytest.mark.parametrize("name", [*PLAIN, *FURTHER, *OTHERS])
def test_in_pieces_a_collection_is_what_it_is_as_a_whole(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = [outline(number) for number in range(8)]
    features[5] |= {**PLAIN, **FURTHER, **OTHERS}[name]
    whole, found, is_so = in_pieces(monkeypatch, collection(tmp_path / "slide.geojson", features))
    assert found == whole
    assert is_so == (name not in OTHERS)


@pytest.mark.parametrize("name", PLAIN)
def test_outlines_of_a_known_kind_become_what_those_before_them_did(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = [outline(number, **(PLAIN[name] if number % 2 else {})) for number in range(12)]
    for number, each in enumerate(features):
        if name != "an id of a type" or number % 2 == 0:
            each["id"] = f"slide{'_' * number}"
    taken: list[bool] = []
    take = kinds.Kinds.take

    def counted(self: Any, *asked: Any) -> Any:
        found = take(self, *asked)
        taken.append(found is not None)
        return found

    monkeypatch.setattr(kinds.Kinds, "take", counted)
    whole, found, is_so = in_pieces(monkeypatch, collection(tmp_path / "slide.geojson", features))
    assert found == whole
    assert is_so
    if name in {"as all", "no properties", "a known class", "odd texts"}:
        assert taken == [False, True, True, True]


def test_ids_that_parts_of_another_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features = [outline(number) for number in range(8)]
    features[1] |= {"id": "c7.2"}
    features[7] |= FURTHER["several"]
    whole, found, is_so = in_pieces(monkeypatch, collection(tmp_path / "slide.geojson", features))
    assert found == whole
    assert not is_so


def test_all_of_them_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = [each for name, each in {**PLAIN, **FURTHER}.items() if name != "a class that is another's label"]
    features = [outline(number, **more) for number, more in enumerate(islice(cycle(every), 90))]
    for number, each in enumerate(features):
        each["id"] = f"c{number}"
    whole, found, is_so = in_pieces(monkeypatch, collection(tmp_path / "slide.geojson", features))
    assert is_so
    assert found == whole
    assert len(whole[1]) > 40


def test_two_classes_that_would_be_one_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["NODULE", "nodule", "Nodule", "结节"]
    features = [outline(n, properties={"classification": {"name": name}}) for n, name in enumerate(3 * names)]
    whole, found, _ = in_pieces(monkeypatch, collection(tmp_path / "slide.geojson", features))
    assert found == whole


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ('{"type": "FeatureCollection", "features": [%s], "name": "N", "crs": {"a": 1.50}}', True),
        ('{"features": [%s], "type": "FeatureCollection"}', True),
        ('{"type": "FeatureCollection", "features": [%s], "features": []}', False),
        ('{"type": "FeatureCollection", "features": [%s, 3]}', False),
        ('{"type": "FeatureCollection", "features": [%s], "pictures": []}', False),
        ('{"type": "Collection", "features": [%s]}', False),
        ('{"features": [%s]}', False),
        ('{"type": "FeatureCollection", "features": [%s]', False),
        ('{"type": "FeatureCollection", "features": [%s]} 1', False),
        ("[%s]", False),
        ('{"type": "FeatureCollection", "features": [%s, {"type": "Feature", "type": "Feature"}]}', False),
        ('{"type": "FeatureCollection", "features": [%s, {"type": "Feature", "geometry": 1e999}]}', False),
    ],
)
def test_what_stands_beside_them(text: str, is_so: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "slide.geojson"
    path.write_text(text % ", ".join(json.dumps(outline(number)) for number in range(5)))
    whole, found, was_so = in_pieces(monkeypatch, path)
    assert found == whole
    assert was_so == is_so


@pytest.mark.parametrize("limits", [Limits(members=2), Limits(depth=8), Limits(depth=20), Limits(document_bytes=100)])
def test_limits_hold(limits: Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = collection(tmp_path / "slide.geojson", [outline(number) for number in range(5)])
    whole, found, _ = in_pieces(monkeypatch, path, limits=limits)
    assert found == whole


def test_digits_of_measurements_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = collection(tmp_path / "slide.geojson", [outline(n, properties={"measurements": {"a": 5}}) for n in range(5)])
    path.write_text(path.read_text().replace('{"a": 5}', '{"a": 5.60}'))
    whole, found, is_so = in_pieces(monkeypatch, path)
    assert is_so
    assert found == whole
    assert {each.attributes["a"] for each in found[3].annotations} == {Decimal("5.60")}


def drawn(*annotations: dict[str, Any]) -> LoadedCase:
    common = {"category": "lesion", "label_code": "NODULE"}
    listed = [{"id": f"A{number}", **common, **each} for number, each in enumerate(annotations)]
    image = {"uid": "SLIDE", "modality": "SM", "shape": [900, 900]}
    told: dict[str, Any] = {"task_id": "T", "image": image, "annotations": listed, "metadata": {"annotator": "R1"}}
    return LoadedCase(Case.model_validate(told))


CORNERS = [(1.5, 2.25), (9.25, 3.5), (4.75, 8.5)]
WRITTEN = {
    "as most": drawn({"type": "polygon", "polygon": CORNERS}, {"type": "polygon", "polygon": CORNERS[::-1]}),
    "unusual numbers": drawn(
        *(
            {"type": "polygon", "polygon": [(number, 2.5), *CORNERS[1:]]}
            for number in (0.1 + 0.2, 1e-7, -0.0, 5e-324, 123456.789012345, 1e7, -1e7, 1 / 3, 2.0**-40, 7)
        )
    ),
    "closed": drawn({"type": "polygon", "polygon": [*CORNERS, CORNERS[0]]}),
    "beyond": drawn({"type": "polygon", "polygon": [(1e8, 2.5), *CORNERS[1:]]}),
    "holes and parts": drawn(
        {
            "type": "polygon",
            "polygon": [(0.5, 0.0), (90.5, 0.0), (90.5, 90.0)],
            "holes": [[(70.5, 10.0), (80.5, 10.0), (80.5, 15.0)]],
            "parts": [{"polygon": [(100.5, 0.0), (190.5, 0.0), (190.5, 90.0)]}],
        },
        {"type": "polygon", "polygon": CORNERS},
    ),
    "more is said": drawn(
        {"type": "polygon", "polygon": CORNERS, "confidence": 0.5, "attributes": {"a": 1, "childObjects": ["b"]}},
        {"type": "polygon", "polygon": CORNERS, "attributes": {"name": "N", "picture": "p.png", "isLocked": True}},
        {"type": "bbox", "bbox": [1.5, 2.0, 11.25, 12.0], "parent_id": "A0"},
    ),
    "every kind": flat_case(),
}


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("plain", [False, True])
def test_what_was_drawn_is_what_is_read(
    name: str, times: int, plain: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = WRITTEN[name].case
    image = case.image
    cases = [
        LoadedCase(
            case.model_copy(update={"case_id": f"c{n}", "image": image.model_copy(update={"uid": f"{image.uid}_{n}"})}),
            WRITTEN[name].masks,
        )
        for n in range(times)
    ]
    monkeypatch.setattr("annoconv_converters._pictures.spool.MOST_TOGETHER", 4)

    def written() -> Any:
        target = tmp_path / "x.geojson"
        try:
            losses = annoconv.write(cases, target, format="geojson", plain=plain)
        except AnnoconvError as error:
            return type(error), str(error)
        found = [list(losses), *(each.read_bytes() for each in sorted(tmp_path.glob("x.*")))]
        for each in tmp_path.glob("x.*"):
            each.unlink()
        return found

    found = written()
    monkeypatch.setattr(geojson_module, "geojson_format", asked_again)
    assert written() == found


def asked_again(context: Any) -> PictureFormat[Any]:
    return replace(write.geojson_format(context), understood=None)
