"""The zoo: small named cases, one for each corner. Each is a folder with `case.json`, its masks and its source images.

A case is made by a function from an empty folder to a case document; the decorator puts it into `ZOO` under its name.
Formats are run over all of them by `test_matrix.py`. Grids are LPS, mm; arrays are kji.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from annoconv_converters.nifti.transforms import Field

from annoconv.demo.case import make as make_demo
from annoconv.demo.series import ellipsoid, write_series
from annoconv.documents import strict_json
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti

Document = dict[str, Any]
ZOO: dict[str, Callable[[Path], Document]] = {}
EXAMPLES = Path(__file__).parents[1] / "model" / "examples" / "valid"


@dataclass(frozen=True)
class ZooCase:
    """A case on disk."""

    name: str
    path: Path
    images: tuple[Path, ...]


def make(name: str, folder: Path) -> ZooCase:
    """Write the zoo's case `name` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    document = ZOO[name](folder)
    path = folder / "case.json"
    path.write_bytes(strict_json.dumps(document, indent=2))
    images = folder / "images"
    return ZooCase(name, path, (images,) if images.exists() else ())


def zoo(build: Callable[[Path], Document]) -> Callable[[Path], Document]:
    ZOO[build.__name__] = build
    return build


def grid_of(
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float] = (1.5, 2.0, 3.0),
    origin: tuple[float, float, float] = (-20.0, 10.0, -30.5),
    direction: Any = ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
) -> Grid:
    """Return a grid; the columns of `direction` are the directions of i, j, k."""
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(direction) * np.asarray(spacing)
    affine[:3, 3] = origin
    return Grid(shape, affine)


def image_document(uid: str, grid: Grid, modality: str = "CT") -> Document:
    return {
        "uid": uid,
        "modality": modality,
        "shape": list(grid.shape),
        "spacing": grid.spacing.tolist(),
        "origin": grid.origin.tolist(),
        "direction": grid.direction.tolist(),
        "coordinate_frame": "LPS",
    }


def series(folder: Path, grid: Grid, name: str, **options: Any) -> Document:
    """Write a CT series on the grid into `images/` and return its image document."""
    values = (np.arange(np.prod(grid.shape)) % 997).reshape(grid.shape_kji).astype(np.int16)
    return image_document(write_series(folder / "images", grid, values, name=name, **options), grid)


def mask(identity: str, file: str, label: str = "LIVER", category: str = "organ", **rest: Any) -> Document:
    return {"id": identity, "category": category, "label_code": label, "type": "mask", "mask_file": file, **rest}


def document(image: Document, annotations: list[Document], **rest: Any) -> Document:
    metadata = {"annotator": "A1", "version": "v1.0", "timestamps": {"end": "2026-01-08T09:40:00+08:00"}}
    return {
        "schema_version": "1.0",
        "task_id": "T",
        "image": image,
        "annotations": annotations,
        "metadata": metadata,
        **rest,
    }


def blob(grid: Grid, shift: float = 0.0, size: float = 3.0) -> Any:
    """Return an asymmetric mask: an ellipsoid with one corner cut, so that no flip goes unnoticed."""
    k, j, i = grid.shape_kji
    found = ellipsoid(
        (k, j, i), (k / 2 - 0.5, j / 3 + shift, i / 3 + shift), (max(k / size, 0.6), j / size, i / (size + 1))
    )
    found[: k // 2, : j // 3, : i // 3] = False
    found[k // 2, j // 2, i // 2] = True
    return found


def single_mask(folder: Path, grid: Grid, name: str, **options: Any) -> Document:
    image = series(folder, grid, name, **options)
    save_nifti(folder / "m.nii.gz", blob(grid), grid)
    return document(image, [mask("M1", "m.nii.gz")])


@zoo
def whole_model(folder: Path) -> Document:
    """The demonstration case."""
    path = make_demo(folder)
    return dict(strict_json.loads(path.read_bytes()))


@zoo
def axial(folder: Path) -> Document:
    return single_mask(folder, grid_of((16, 12, 6)), "axial")


@zoo
def odd_width(folder: Path) -> Document:
    """A frame's pixel count is no multiple of 8."""
    return single_mask(folder, grid_of((13, 7, 5)), "odd_width")


@zoo
def files_in_reverse(folder: Path) -> Document:
    return single_mask(folder, grid_of((16, 12, 6)), "files_in_reverse", reverse=True)


@zoo
def coronal(folder: Path) -> Document:
    return single_mask(folder, grid_of((14, 12, 6), direction=[[1, 0, 0], [0, 0, 1], [0, -1, 0]]), "coronal")


@zoo
def sagittal(folder: Path) -> Document:
    return single_mask(folder, grid_of((14, 12, 6), direction=[[0, 0, -1], [1, 0, 0], [0, -1, 0]]), "sagittal")


@zoo
def negated_cosines(folder: Path) -> Document:
    return single_mask(folder, grid_of((14, 12, 6), direction=np.diag([-1, -1, 1])), "negated_cosines")


@zoo
def oblique(folder: Path) -> Document:
    a, b = np.deg2rad(20), np.deg2rad(-35)
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    turned = np.round(about_z @ about_x, 12)
    return single_mask(folder, grid_of((14, 12, 6), direction=turned), "oblique")


@zoo
def left_handed(folder: Path) -> Document:
    """The case counts slices against the normal; a DICOM series has no such order."""
    grid = grid_of((14, 12, 6), direction=np.diag([1, 1, -1]))
    right_handed = grid_of((14, 12, 6), origin=(-20.0, 10.0, -45.5))
    image = series(folder, right_handed, "left_handed") | image_document("", grid) | {"uid": series_uid("left_handed")}
    save_nifti(folder / "m.nii.gz", blob(grid), grid)
    return document(image, [mask("M1", "m.nii.gz")])


@zoo
def one_slice(folder: Path) -> Document:
    return single_mask(folder, grid_of((14, 12, 1)), "one_slice")


@zoo
def mask_grid_flipped(folder: Path) -> Document:
    """The mask file counts i and k the other way than the image."""
    grid = grid_of((14, 12, 6))
    affine = grid.affine.copy()
    affine[:3, 3] += affine[:3, 0] * 13 + affine[:3, 2] * 5
    affine[:3, 0] *= -1
    affine[:3, 2] *= -1
    image = series(folder, grid, "mask_grid_flipped")
    save_nifti(folder / "m.nii.gz", blob(grid)[::-1, :, ::-1], Grid(grid.shape, affine))
    return document(image, [mask("M1", "m.nii.gz")])


@zoo
def mask_on_a_part(folder: Path) -> Document:
    """The mask file covers a part of the image's lattice."""
    grid = grid_of((14, 12, 6))
    affine = grid.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ [2, 1, 1]
    part = Grid((8, 7, 4), affine)
    image = series(folder, grid, "mask_on_a_part")
    save_nifti(folder / "m.nii.gz", blob(part), part)
    return document(image, [mask("M1", "m.nii.gz")])


@zoo
def empty_mask(folder: Path) -> Document:
    grid = grid_of((14, 12, 6))
    image = series(folder, grid, "empty_mask")
    save_nifti(folder / "full.nii.gz", blob(grid), grid)
    save_nifti(folder / "empty.nii.gz", np.zeros(grid.shape_kji, bool), grid)
    return document(image, [mask("FULL", "full.nii.gz"), mask("EMPTY", "empty.nii.gz", "SPLEEN")])


@zoo
def overlapping_masks(folder: Path) -> Document:
    grid = grid_of((14, 12, 6))
    image = series(folder, grid, "overlapping_masks")
    save_nifti(folder / "a.nii.gz", blob(grid), grid)
    save_nifti(folder / "b.nii.gz", blob(grid, 1.0), grid)
    return document(image, [mask("A", "a.nii.gz"), mask("B", "b.nii.gz", "NODULE", "lesion", object_number=2)])


@zoo
def label_map(folder: Path) -> Document:
    """Three masks share a file with sparse values."""
    grid = grid_of((14, 12, 6))
    labels = np.zeros(grid.shape_kji, np.uint16)
    for value, shift in ((300, 0.0), (7, 2.0), (2, 4.0)):
        labels[blob(grid, shift, 5.0)] = value
    save_nifti(folder / "masks" / "map.nii.gz", labels, grid)
    codes = {2: "KIDNEY_LEFT", 7: "KIDNEY_RIGHT", 300: "LIVER"}
    masks = [mask(f"M{v}", "masks/map.nii.gz", code, mask_value=v) for v, code in codes.items()]
    return document(series(folder, grid, "label_map"), masks)


@zoo
def chinese(folder: Path) -> Document:
    """Chinese names and values, a label of one's own with its codes."""
    grid = grid_of((14, 12, 6))
    save_nifti(folder / "m.nii.gz", blob(grid), grid)
    label = {
        "code": "LIVER_SEGMENT_8",
        "name_zh": "肝右前叶上段（Ⅷ段）",
        "category": "organ",
        "concept": {"code": "245347005", "scheme": "SCT", "meaning": "Segment VIII of liver"},
        "color_rgb": [128, 64, 200],
    }
    annotated = mask("病灶一", "m.nii.gz", "LIVER_SEGMENT_8", attributes={"边缘": "清楚", "大小": 12, "强化": True})
    metadata = {"annotator": "张医生", "institution": "示例医院", "version": "v1.0"}
    times = {"timestamps": {"end": "2026-01-08T09:40:00+08:00"}}
    return document(series(folder, grid, "chinese"), [annotated], labels=[label]) | {"metadata": metadata | times}


@zoo
def exact_decimals(folder: Path) -> Document:
    """5.60 is not 5.6, and a key that is there without members is not absent."""
    grid = grid_of((14, 12, 6))
    save_nifti(folder / "m.nii.gz", blob(grid), grid)
    from decimal import Decimal

    values = {
        "size": Decimal("5.60"),
        "long": Decimal("0.12345678901234567890"),
        "list": [Decimal("1.0"), 1, "x", False],
    }
    annotated = mask("M1", "m.nii.gz", attributes=values, cross_modal_links=[], confidence=0.1)
    extensions = {"example.org/more": {"deep": [1, {"x": []}], "none": None}}
    return document(series(folder, grid, "exact_decimals"), [annotated], extensions=extensions)


@zoo
def model_made(folder: Path) -> Document:
    """Labels that no terminology knows, made by a model, confirmed or not."""
    grid = grid_of((14, 12, 6))
    save_nifti(folder / "a.nii.gz", blob(grid), grid)
    save_nifti(folder / "b.nii.gz", blob(grid, 2.0, 5.0), grid)
    masks = [
        mask("A", "a.nii.gz", "PNEUMONIA_CONSOLIDATION", "lesion", algorithm_type="automatic", confidence=0.75),
        mask(
            "B",
            "b.nii.gz",
            "zone_of_doubt",
            "other",
            algorithm_type="automatic_confirmed",
            annotated_at="2026-01-07T00:00:00Z",
        ),
    ]
    return document(series(folder, grid, "model_made"), masks)


@zoo
def every_geometry(folder: Path) -> Document:
    """All 2-D and 3-D geometries on a volume."""
    grid = grid_of((14, 12, 6))
    common = {"category": "lesion", "label_code": "NODULE"}
    save_nifti(folder / "m.nii.gz", blob(grid), grid)
    return document(
        series(folder, grid, "every_geometry"),
        [
            mask("M1", "m.nii.gz"),
            {"id": "B2", **common, "type": "bbox", "bbox": [1.0, 2.0, 5.5, 6.0], "slice_index": 2},
            {"id": "B3", **common, "type": "bbox", "bbox": [1.0, 2.0, 1.0, 5.5, 6.0, 4.0]},
            {
                "id": "P",
                **common,
                "type": "polygon",
                "polygon": [[1.0, 1.0], [6.0, 1.5], [4.25, 7.0]],
                "slice_index": 3,
            },
            {"id": "L", **common, "type": "polyline", "polyline": [[1.0, 1.0], [6.0, 1.5]], "slice_index": 3},
            {"id": "Q", **common, "type": "point", "point": [3.5, 2.5], "slice_index": 0},
            {"id": "Q3", **common, "type": "point", "point": [3.5, 2.5, 1.5]},
            {"id": "E", **common, "type": "ellipse", "center": [6.0, 5.0], "radii": [3.0, 2.0], "slice_index": 1},
            {
                "id": "G",
                "category": "attribute",
                "label_code": "GRADE",
                "type": "attribute",
                "attributes": {"grade": "2"},
            },
        ],
    )


@zoo
def radiograph(folder: Path) -> Document:
    """A flat image without a place in space."""
    image = {"uid": "RADIOGRAPH_1", "modality": "DX", "shape": [64, 48], "coordinate_frame": "NONE"}
    common = {"category": "lesion", "label_code": "NODULE"}
    return document(
        image,
        [
            {"id": "B", **common, "type": "bbox", "bbox": [10.0, 8.0, 30.5, 22.0]},
            {"id": "P", **common, "type": "polygon", "polygon": [[5.0, 5.0], [20.0, 6.0], [12.0, 18.0]]},
            {"id": "Q", **common, "type": "point", "point": [30.5, 20.5]},
        ],
    )


def concept(code: str, scheme: str, meaning: str, **more: str) -> Document:
    return {"code": code, "scheme": scheme, "meaning": meaning, **more}


@zoo
def findings(folder: Path) -> Document:
    """What is known of a lesion beside its outline: where, how large, which grade, followed by its tracking UID."""
    grid = grid_of((14, 12, 6))
    image = series(folder, grid, "findings")
    save_nifti(folder / "a.nii.gz", blob(grid), grid)
    save_nifti(folder / "b.nii.gz", blob(grid, 1.0, 4.0), grid)
    upper = {"region": concept("45653009", "SCT", "Upper lobe of lung"), "laterality": "left"}
    lower = {
        "region": concept("90572001", "SCT", "Lower lobe of lung"),
        "modifiers": [concept("255561001", "SCT", "Medial")],
    }
    diameter = {
        "concept": concept("81827009", "SCT", "Diameter"),
        "value": 12.5,
        "unit": "mm",
        "derivation": concept("56851009", "SCT", "Maximum"),
        "geometry_ids": ["LINE"],
        "algorithm": {"name": "ruler", "version": "1.0"},
        "interpretations": [
            {"concept": concept("121402", "DCM", "Normality"), "value": concept("263654008", "SCT", "Abnormal")}
        ],
    }
    grade = {
        "concept": concept("111005", "DCM", "Assessment Category"),
        "value": concept("MA.II.A.5.4A", "BI", "4A - Low suspicion", version="4.0"),
        "basis": "ACR BI-RADS 5th edition",
    }
    common = {"label": "NODULE", "category": "lesion"}
    line = {"category": "lesion", "label_code": "NODULE", "type": "polyline", "polyline": [[1.0, 1.0], [6.0, 1.5]]}
    return document(
        image,
        [
            mask("A", "a.nii.gz", **common, tracking_uid="1.2.3.4.1", tracking_id="Target 1", finding_site=upper),
            mask("B", "b.nii.gz", **common, tracking_uid="1.2.3.4.2", finding_site=lower, measurements=[diameter]),
            {"id": "LINE", "parent_id": "B", "scope": "object", "slice_index": 2, **line, "evaluations": [grade]},
            {
                "id": "NONE",
                "category": "lesion",
                "label_code": "CYST",
                "assertion": "absent",
                "scope": "case",
                "type": "attribute",
                "attributes": {"source": "report"},
                "extensions": {"example.org/tool": {"zoom": 2}},
            },
        ],
        annotated_labels=["NODULE", "CYST"],
    )


@zoo
def readers(folder: Path) -> Document:
    """Two readers, their consensus, and a model: one lesion."""
    grid = grid_of((14, 12, 6))
    image = series(folder, grid, "readers")
    common = {"category": "lesion", "label_code": "NODULE", "type": "bbox", "slice_index": 2}
    model = {"name": "detector", "version": "2.1", "manufacturer": "M", "family": concept("123110", "DCM", "AI")}
    agents = [
        {"id": "R1", "kind": "person", "roles": ["annotator", "reviewer"]},
        {"id": "R2", "kind": "person", "roles": ["annotator"]},
        {"id": "AI", "kind": "device", "roles": ["model"], "algorithm": model},
    ]
    save_nifti(folder / "m.nii.gz", blob(grid), grid)
    case = document(
        image,
        [
            {"id": "N_R1", **common, "bbox": [1.0, 2.0, 5.5, 6.0], "status": "superseded", "annotator": "R1"},
            {"id": "N_R2", **common, "bbox": [1.5, 2.0, 6.0, 6.5], "status": "superseded", "annotator": "R2"},
            mask("N", "m.nii.gz", "NODULE", "lesion", status="final", derived_from=["N_R1", "N_R2"], sha256="ab" * 32),
            {"id": "S", **common, "bbox": [8.0, 7.0, 9.0, 8.5], "status": "preliminary", "algorithm_type": "automatic"},
        ],
    )
    case["metadata"]["agents"] = agents
    return case


@zoo
def not_there(folder: Path) -> Document:
    """What does not count as a finding, masks of a file of their own and values of a shared one among it."""
    grid = grid_of((14, 12, 6))
    image = series(folder, grid, "not_there")
    labels = np.zeros(grid.shape_kji, np.uint8)
    labels[blob(grid, 2.0, 5.0)] = 2
    labels[blob(grid, 0.0, 5.0)] = 1
    save_nifti(folder / "map.nii.gz", labels, grid)
    save_nifti(folder / "own.nii.gz", blob(grid, 1.0), grid)
    common = {"category": "lesion", "label_code": "NODULE"}
    box = {**common, "type": "bbox", "bbox": [1.0, 2.0, 5.5, 6.0], "slice_index": 2}
    return document(
        image,
        [
            mask("KEPT", "map.nii.gz", "NODULE", "lesion", mask_value=1, assertion="possible"),
            mask("GONE", "map.nii.gz", "PERIVASCULAR_SPACE", "other", mask_value=2, status="rejected"),
            mask("OWN", "own.nii.gz", "NODULE", "lesion", status="superseded"),
            {"id": "BEFORE", **box, "assertion": "historical", "confidence": 0.5},
            {"id": "MAYBE", **box, "status": "preliminary"},
            {"id": "NONE", **common, "type": "attribute", "assertion": "absent", "attributes": {"source": "report"}},
        ],
    )


@zoo
def follow_up(folder: Path) -> Document:
    """One lesion in two studies of a patient, with what is known of him, and the instances of his images."""
    first, second = grid_of((14, 12, 6)), grid_of((14, 12, 5))
    names = {"baseline": first, "week_12": second}
    images = [image_document(write_series(folder / "images" / n, g, blob(g), name=n), g) for n, g in names.items()]
    studies = ["1.2.3.5.1", "1.2.3.5.2"]
    context = {
        "sequence": "arterial",
        "body_part": "CHEST",
        "laterality": "right",
        "equipment": {"manufacturer": "M", "model_name": "X", "software_versions": ["1", "2"]},
        "nonconformances": [{"requirement": "continuity", "description": "a slice was lost"}],
        "instances": [
            {"sop_instance_uid": instance_uid("baseline", 0), "sop_class_uid": "1.2.840.10008.5.1.4.1.1.2"},
            {"sop_instance_uid": instance_uid("baseline", 1), "image_position_patient": [-20.0, 10.0, -27.5]},
        ],
        "extensions": {"example.org/log": [1, {"x": None}]},
    }
    save_nifti(folder / "a.nii.gz", blob(first), first)
    follow = {"tracking_uid": "1.2.3.7", "tracking_id": "Target 1"}
    case = document(
        images[0] | {"study_instance_uid": studies[0]} | context,
        [
            mask("BASE", "a.nii.gz", "NODULE", "lesion", **follow),
            {"id": "WEEK_12", "category": "lesion", "label_code": "NODULE", "image_uid": images[1]["uid"], **follow}
            | {"type": "point", "point": [3.5, 2.5, 1.5]},
        ],
        related_images=[images[1] | {"study_instance_uid": studies[1], "derived_from": [images[0]["uid"]]}],
    )
    return case | {
        "case_id": "CASE",
        "patient_id": "P_0042",
        "split": "validation",
        "subject": {"sex": "female", "age": "061Y", "height": 1.62, "weight": 63.5},
        "studies": [
            {"study_instance_uid": studies[0], "started_at": "2025-03-01T09:00:00+08:00", "time_point": "baseline"}
            | {"days_from_baseline": 0.0},
            {
                "study_instance_uid": studies[1],
                "study_id": "S2",
                "days_from_baseline": 84.5,
                "subject": {"weight": 60.0},
            },
        ],
    }


@zoo
def solids(folder: Path) -> Document:
    """What has its place in millimetres, boxes and points too, which are no voxels; and frames in time."""
    grid = grid_of((14, 12, 6))
    image = series(folder, grid, "solids")
    save_nifti(folder / "m.nii.gz", blob(grid), grid)
    common = {"category": "lesion", "label_code": "NODULE"}
    place = {"coordinate_space": "patient", "frame_of_reference_uid": "1.2.3.8"}
    turned = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    ring = {"geometric_type": "CLOSED_PLANAR", "points": [[1.0, 2.0, 3.0], [4.0, 2.0, 3.0], [4.0, 6.5, 3.0]]}
    times = {
        "temporal_positions": 3,
        "frame_times_ms": [0.0, 40.0, 80.0],
        "annotated_frames": [{"first": 0, "last": 1}],
    }
    label = {"code": "TARGET", "number": 7, "rt_roi_type": "GTV", "category": "lesion"}
    return document(
        image | times,
        [
            mask("M", "m.nii.gz", frame_index=0, last_frame_index=1, is_key_frame=True),
            {"id": "C", **common, "label_code": "TARGET", "type": "contours", **place, "contours": [ring]},
            {"id": "E", **common, "type": "ellipsoid", **place, "center": [1.0, 2.0, 3.0], "radii": [4.0, 4.0, 4.0]},
            {
                "id": "O",
                **common,
                "type": "oriented_box",
                **place,
                "center": [1.0, 2.0, 3.0],
                "size": [4.0, 3.0, 2.0],
                "direction": turned,
            },
            {"id": "Q", **common, "type": "point", **place, "point": [-12.5, 14.0, -25.0]},
            {"id": "B", **common, "type": "bbox", **place, "bbox": [1.0, 2.0, 1.0, 5.5, 6.0, 4.0]},
        ],
        labels=[label],
    )


@zoo
def outlines(folder: Path) -> Document:
    """Flat outlines: a polygon with a hole and a second part, a turned box, keypoints."""
    image = {"uid": "RADIOGRAPH_2", "modality": "DX", "shape": [64, 48], "coordinate_frame": "NONE"}
    common = {"category": "lesion", "label_code": "NODULE"}
    square = [[5.0, 5.0], [25.0, 5.0], [25.0, 25.0], [5.0, 25.0]]
    keypoints = [
        {"name": "head", "point": [40.5, 10.5], "visibility": "visible"},
        {"name": "foot", "point": [42.5, 30.5], "visibility": "hidden"},
        {"name": "tail", "visibility": "absent"},
    ]
    label = {
        "code": "FIGURE",
        "category": "organ",
        "keypoints": ["head", "foot", "tail"],
        "skeleton": [[0, 1]],
        "flip_pairs": [[0, 1]],
        "concept_modifiers": [concept("7771000", "SCT", "Left"), concept("255561001", "SCT", "Medial")],
        "attributes": [{"key": "shape", "permissible_values": [{"value": "round", "title_zh": "圆形"}]}],
    }
    return document(
        image,
        [
            {
                "id": "P",
                **common,
                "type": "polygon",
                "polygon": square,
                "holes": [[[10.0, 10.0], [15.0, 10.0], [15.0, 15.0]]],
                "parts": [{"polygon": [[30.0, 30.0], [40.0, 30.0], [35.0, 40.0]]}],
            },
            {
                "id": "O",
                **common,
                "type": "oriented_box",
                "center": [30.0, 20.0],
                "size": [8.0, 4.0],
                "rotation_degrees": 30,
            },
            {"id": "K", "category": "organ", "label_code": "FIGURE", "type": "keypoints", "keypoints": keypoints},
        ],
        labels=[label],
    )


def example(name: str) -> Document:
    """Return a worked example of the model."""
    return dict(strict_json.loads((EXAMPLES / f"{name}.json").read_bytes()))


def together(*parts: Document) -> Document:
    """Return documents as one: of lists three members of each, else what the first says; an id twice is another."""
    whole: Document = {}
    for part in parts:
        for key, value in part.items():
            if isinstance(value, dict):
                whole[key] = together(whole.get(key, {}), value)
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                for each in value[:3]:
                    known = {other.get("id") for other in whole.setdefault(key, [])} - {None}
                    whole[key].append(each | ({"id": f"{each['id']}_{len(known)}"} if each.get("id") in known else {}))
            else:
                whole.setdefault(key, value)
    return whole


@zoo
def provenance(folder: Path) -> Document:
    """Who made, assisted, reviewed, measured, moved and masked what, and where it comes from: whole records."""
    grid = grid_of((14, 12, 6))
    image = series(folder, grid, "provenance")
    save_nifti(folder / "m.nii.gz", blob(grid), grid)
    names = (
        "agreement",
        "agreement-in-all-metrics",
        "assessments-and-validations",
        "audit-in-all-actions",
        "data-source",
    )
    names += ("deidentification", "metadata-complete", "model-assistance", "qc-findings", "version-changes")
    names += ("qc-finding-with-its-place-and-a-suggestion", "two-readers-and-consensus", "real-sr-pet-of-a-tumour")
    names += ("real-fhir-observations-and-provenance", "real-sr-circle-and-its-area")
    metadata = together(*(example(name)["metadata"] for name in names))
    at = "2026-01-08T09:00:00+08:00"
    metadata["audit"].append(
        {"action": "manual_revision", "actor": "A1", "at": at, "target_id": "X1", "note": "edge moved"}
    )
    metadata["agreement"][0] |= {"definition_id": "surface_voxel.nsd", "tolerance_mm": 3.0}
    metadata["assessments"][0] |= {"note": "kappa agreed before"}
    metadata["validations"][0] |= {"qualification": "CNAS", "reference": "pathology"}
    metadata["deidentification"][0] |= {"policy": "PS3.15"}
    metadata["deidentification"][0]["spot_checks"][0] |= {"note": "none found", "at": at}
    reviews = together(example("review-cycle"), example("review-of-some-annotations"))["reviews"]
    metadata["agents"][0] |= {"algorithm": {"name": "detector", "model_id": "MODEL_1"}}
    told = {"assistance_id": "AI1", "abnormal_marks": ["occluded"], "session": "2", "note": "边缘不清"}
    source = {"sop_instance_uid": "1.2.3.9.1", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.66.4"}
    told |= {"segmentation": source, "segment_number": 3}
    case = document(image, [mask("X1", "m.nii.gz", **told)], reviews=reviews)
    return case | {"metadata": metadata}


@zoo
def image_context(folder: Path) -> Document:
    """All that is said of images: how they were made and changed, what is wrong with them, how they are registered."""
    grid = grid_of((14, 12, 6))
    image = series(folder, grid, "image_context")
    save_nifti(folder / "m.nii.gz", blob(grid), grid)
    (folder / "transforms").mkdir()
    vectors = np.linspace(-2.0, 2.0, 3 * 14 * 12 * 6).reshape(*grid.shape_kji, 3)
    (folder / "transforms" / "W.nii.gz").write_bytes(write_field(Field(grid, vectors), "RAS"))
    names = ("image-complete", "image-quality", "image-resampled", "real-sr-pet-of-a-tumour", "image-instances")
    context = together(*(example(name)["image"] for name in names))
    for key in ("instances", "temporal_positions", "study_instance_uid", "derived_from"):
        context.pop(key, None)
    context["preprocessing"][0] |= {"note": "once"}
    slide = together(example("image-whole-slide")["image"], example("image-of-a-slide")["image"])
    video = example("image-video")["image"] | {"annotated_frames": [{"first": 0, "last": 8, "step": 4}]}
    related = [each | {"uid": f"1.2.3.10.{n}"} for n, each in enumerate((slide, video), 1)]
    ends = {"fixed_image_uid": image["uid"], "moving_image_uid": "1.2.3.10.1", "maps": "moving_from_fixed"}
    kinds = ("registration-nonconforming", "registration-of-frames-of-reference", "pet-ct")
    registrations = [each | {"id": f"R{n}"} for n, each in enumerate(example(k)["registrations"][0] for k in kinds)]
    for each in registrations:
        each.update({key: value for key, value in ends.items() if key in each and key != "maps"})
    registrations[0]["checks"][0] |= {"checked_at": "2026-01-08T09:00:00+08:00"}
    matrix = np.eye(4).tolist()
    field = {"field_file": "transforms/W.nii.gz", "field_frame": "RAS", "post_matrix": matrix}
    registrations.append({"id": "W", "kind": "demons", **ends, "matrix": matrix, **field})
    return document(
        context | image | {"view_position": "PA"},
        [mask("M1", "m.nii.gz")],
        related_images=related,
        registrations=registrations,
        studies=[example("real-sr-pet-of-a-tumour")["studies"][0]],
    )


@zoo
def statements(folder: Path) -> Document:
    """What stands beside outlines: texts by sections, relations, records, labels in full, values of every kind."""
    grid = grid_of((14, 12, 6))
    image = series(folder, grid, "statements")
    save_nifti(folder / "m.nii.gz", blob(grid), grid)
    common = {"category": "lesion", "label_code": "MASS", "attributes": {"margin": "obscured", "longest": 12.5}}
    turned = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    square, other = ([[x, 1.25], [x + 5, 1.0], [x + 5, 6.0], [x, 6.25]] for x in (1.25, 8.25))
    inner = [[9.0, 2.0], [10.0, 2.0], [10.0, 3.0]]
    ring = {"geometric_type": "POINT", "points": [[1.0, 2.0, 3.0]], "sop_instance_uid": "1.2.3.11"}
    spans = example("relations-of-spans")
    report = example("real-fhir-study-report-and-mass")["texts"][0] | {"image_uids": [image["uid"]]}
    bounded = example("clinical-bounds-codes-and-absence")["clinical_records"]
    records = [
        each | {"id": f"C{n}"} for n, each in enumerate([*example("everything-at-once")["clinical_records"], *bounded])
    ]
    link = example("everything-at-once")["links"][2] | {"record_id": "C0", "image_uid": image["uid"]}
    measured = {
        "concept": concept("410668003", "SCT", "Length"),
        "value": 12.5,
        "unit": "mm",
        "tracking_uid": "1.2.3.12",
    }
    measured |= {"normal_low": 0, "normal_high": 10, "method": concept("113076", "DCM", "Segmentation")}
    measured |= {"value_map": {"sop_instance_uid": "1.2.3.13"}}
    bound = measured | {"value": 5, "comparator": "lt", "tracking_uid": "1.2.3.14"}
    unmeasured = {"concept": concept("118565006", "SCT", "Volume"), "unit": "mm3", "absent_reason": "too_small"}
    label = together(example("nodule-with-site-and-bi-rads")["labels"][0], example("labels")["labels"][0])
    label |= {"definition_en": "a lesion that takes up room", "function": "none", "histology": "unknown"}
    label |= {
        "indication": "screening",
        "concept_category": concept("241053004", "SCT", "Radiographic measurement of lung volume"),
    }
    label |= {"finding_site": {"region": concept("10200004", "SCT", "Liver"), "laterality": "unpaired"}}
    numbers = {
        "minimum": 0,
        "maximum": 200,
        "unit": "mm",
        "missing_code": "NA",
        "title_en": "Longest",
        "required": True,
    }
    label["attributes"].append({"key": "longest", **numbers})
    return document(
        image,
        [
            mask("M", "m.nii.gz", fractional_type="PROBABILITY", measurements=[measured, bound, unmeasured]),
            {"id": "B", **common, "parent_id": "M", "type": "bbox", "bbox": [1.0, 2.0, 5.5, 6.0], "slice_index": 2},
            {"id": "P", **common, "type": "polygon", "polygon": square, "slice_index": 3}
            | {"parts": [{"polygon": [[1.0, 7.0], [5.0, 7.0], [5.0, 10.0]]}, {"polygon": other, "holes": [inner]}]},
            {"id": "L", **common, "type": "polyline", "polyline": [[1.0, 1.0], [6.0, 1.5]], "slice_index": 3},
            {"id": "Q", **common, "type": "point", "point": [3.5, 2.5], "slice_index": 0},
            {"id": "E", **common, "type": "ellipse", "center": [6.0, 5.0], "radii": [3.0, 2.0], "slice_index": 1}
            | {"rotation_degrees": 30.0},
            {
                "id": "K",
                **common,
                "type": "keypoints",
                "keypoints": [{"name": "a", "point": [2.0, 3.0]}],
                "slice_index": 1,
            },
            {"id": "O", **common, "type": "oriented_box", "center": [6.0, 5.0], "size": [4.0, 2.0], "slice_index": 1}
            | {"rotation_degrees": 15.0},
            {"id": "S", **common, "type": "ellipsoid", "center": [1.0, 2.0, 3.0], "radii": [4.0, 3.0, 2.0]}
            | {"direction": turned, "coordinate_space": "patient"},
            {"id": "C", **common, "type": "contours", "contours": [ring]},
            *(each | {"attributes": {"negated": False}} for each in spans["annotations"]),
        ],
        labels=[label],
        texts=[*spans["texts"], report],
        clinical_records=records,
        links=[*(each | {"note": "as written"} for each in spans["links"]), link],
    )


@zoo
def bare(folder: Path) -> Document:
    """The least that the schema asks, like C.5: no frame, no origin, no direction, no time."""
    return {
        "task_id": "T",
        "image": {"uid": "1.2.840.99999.1", "modality": "CT", "shape": [14, 12, 6], "spacing": [0.7, 0.7, 1.0]},
        "annotations": [
            {"id": "B", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [1, 2, 1, 3, 4, 2]}
        ],
        "metadata": {},
    }


def instance_uid(name: str, k: int) -> str:
    from annoconv import ids

    return ids.uid("synthetic instance", name, str(k))


def series_uid(name: str) -> str:
    from annoconv import ids

    return ids.uid("synthetic series", name)


def write_field(field: Field, frame: str = "LPS") -> bytes:
    """Return a displacement field as nibabel writes it, its vectors in the frame named."""
    signs = (1, 1, 1) if frame == "LPS" else (-1, -1, 1)
    vectors = (field.vectors_lps * signs).astype(np.float32).transpose(2, 1, 0, 3)[:, :, :, None]
    image = nibabel.Nifti1Image(vectors, np.diag([-1, -1, 1, 1]) @ field.grid.affine)
    image.header.set_intent("vector")
    image.set_sform(image.affine, 1)
    image.set_qform(image.affine, 1)
    return gzip.compress(image.to_bytes(), mtime=0)
