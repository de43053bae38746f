"""Volumes by other software, as nibabel and pynrrd read them.

NIfTI is written again by its writer: label maps as one, layers as layers, images from the file that the case names.
NRRD is only read; what the case would say in its header is told by the reader's own function.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import nibabel
import nrrd
import numpy as np
from annoconv_converters._volumes.file import FileSegment
from annoconv_converters._volumes.labels import entry_of
from annoconv_converters._volumes.opening import open_volume

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.codes import Labels
from annoconv.geometry import apply_relation, compare_grids
from annoconv.limits import Limits
from annoconv.registry import Context
from tests.foreign import Foreign, cases, data

FORMAT = "nifti"
UNSAID: dict[str, str] = {}
ADDED = {
    "extensions*": "labels are named in the header",
    "intent_code": "labels say that they are",
    "[qs]form_code": "both forms are written",
    "[qs]form/*": "both forms are written",
    "xyzt_units/space": "the unit of length is written",
    "pixdim/*": "a step of layers is 1 where a file has none",
    "affine/*": "a file without a place is of its image's",
    "Segment*": "segments have all that a label has",
}

_WITHOUT_PIXELS: Final = ("example_ct_sm", "anat", "anatomical", "image", "CTChest", "ground_truth", "pm-example")
"""In the names of images, which are read as such."""
_FORMS: Final = {form: cases(f"dicom/forms/{name}.nii.gz") for form, name in (("sform", "[a-e]"), ("qform", "[a-e]"))}
REFUSED: Final = {
    "four_d/h.nii.gz": "MaskError",  # colour
    "four_d/i_time.nii.gz": "MaskError",  # time points
    "four_d/f_img.nii.gz": "MaskError",  # images, not labels
    "four_d/img3.nii.gz": "MaskError",
    "data/example4d.nii.gz": "ImageError",  # images of several times
    "data/example_nifti2.nii.gz": "ImageError",
    "data/functional.nii": "ImageError",
    "data/row_major.dconn.nii": "ImageError",  # CIFTI-2: a matrix of surface points
    **{f"forms/{name}.nii.gz": "GeometryError" for name in "abcde"},  # the forms conflict
}
"""Name of the error with which a file is refused, by the file's name."""


def files() -> list[Foreign]:
    inside = sorted(Path(nibabel.__file__).parent.glob("tests/data/*.nii*"))
    given = [*data("**/*.nii*"), *data("**/*.nrrd"), *data("**/*.nhdr"), *cases("dicom/**/*.nii.gz")]
    given += cases("dicom/**/*.nrrd")
    found: dict[str, Foreign] = {}
    for path in (*given, *inside):
        name = "/".join(path.parts[-2:])
        is_image = any(part in path.name for part in _WITHOUT_PIXELS) or REFUSED.get(name) == "ImageError"
        options = {"modality": "CT"} | ({"as_image": True} if is_image else {})
        found[name] = Foreign(name, (path,), read_options=options, refused=REFUSED.get(name, ""))
    for form, paths in _FORMS.items():
        for path in paths:
            name = f"forms/{path.name}, {form}"
            found[name] = Foreign(name, (path,), read_options={"modality": "CT", "form": form})
    return list(found.values())


# --- what a file says


def tree(path: Path) -> Any:
    if path.suffix == ".json":
        return json.loads(path.read_text("utf-8"))
    return _nrrd(path) if path.suffix in {".nrrd", ".nhdr"} else _nifti(path)


_SPACES: Final = {1: "scanner", 2: "aligned", 3: "talairach", 4: "mni", 5: "template"}
_TEXTS: Final = ("descrip", "aux_file", "intent_name", "db_name")
_NUMBERS: Final = (
    *("intent_code", "intent_p1", "intent_p2", "intent_p3", "dim_info", "slice_code", "slice_start", "slice_end"),
    *("slice_duration", "toffset", "cal_min", "cal_max"),
)


def _nifti(path: Path) -> dict[str, Any]:
    image = nibabel.load(path)
    header: Any = image.header
    said: dict[str, Any] = {name: _text(header[name]) for name in _TEXTS if name in header.keys()}  # noqa: SIM118
    said |= {name: float(header[name]) for name in _NUMBERS}
    on_disk = nibabel.load(path).dataobj
    if (on_disk.slope, on_disk.inter) != (1, 0):
        said |= {"scl_slope": float(on_disk.slope), "scl_inter": float(on_disk.inter)}
    forms = {name: int(header[f"{name}_code"]) for name in ("qform", "sform")}
    said |= {f"{name}_code": _SPACES.get(code, 0) for name, code in forms.items()}
    length, time = header.get_xyzt_units()
    steps = {str(axis): float(header["pixdim"][axis]) for axis in range(4, 8) if header["dim"][axis] > 1}
    units = {"space": length} | ({"time": time} if steps else {})
    said["xyzt_units"] = {name: unit for name, unit in units.items() if unit != "unknown"}
    said["pixdim"] = steps
    affines = {"qform": _lps(header.get_qform()), "sform": _lps(header.get_sform())}
    said |= {name: affine for name, affine in affines.items() if forms[name]}
    if not all(forms.values()) or np.abs(np.subtract(*affines.values())).max() < 0.01:
        said["affine"] = _lps(header.get_best_affine())
    extensions: dict[str, list[Any]] = {}
    for each in header.extensions:
        content = each.content.rstrip(b"\0")
        is_caret = b"<CaretExtension" in content[:1000]
        name = "CaretExtension" if is_caret else str(each.get_code())
        told = _element(ElementTree.fromstring(content)) if is_caret else content.decode("latin-1")
        extensions.setdefault(name, []).append(told)
    return _stated(said | {"extensions": extensions})


def _text(field: Any) -> str:
    return bytes(field.item()).split(b"\0")[0].decode("latin-1").strip()


def _lps(affine_ras: Any) -> list[list[float]]:
    return _rounded(np.diag([-1, -1, 1, 1]) @ affine_ras)


def _rounded(affine: Any) -> list[list[float]]:
    """Return three rows to 0.1 micrometre, about what float32 holds of them."""
    return (np.round(affine[:3], 4) + 0.0).tolist()


def _element(node: Any) -> Any:
    if node.tag == "LabelTable":
        return {each.attrib["Key"]: _label(each) for each in node if each.attrib["Key"] != "0"}
    text = dict(node.attrib) | {"#text": (node.text or "").strip()}
    said: dict[str, list[Any]] = {}
    for child in node:
        said.setdefault(child.tag, []).append(_element(child))
    return _stated({key: [one for one in value if one] for key, value in said.items()} | text)


def _label(node: Any) -> dict[str, Any]:
    colour = {name: _of_255(float(node.attrib[name])) for name in ("Red", "Green", "Blue", "Alpha")}
    return {"Name": node.text.strip(), **colour}


def _of_255(part: float) -> float:
    """Return a part of a colour as the step of 255 that its three decimals or more stand for."""
    return round(part * 255) / 255 if abs(part - round(part * 255) / 255) < 5e-4 else part


_HOW_AND_WHERE: Final = {
    *("type", "dimension", "sizes", "encoding", "endian", "data file", "space", "space directions", "space origin"),
    "kinds",
}
"""How the voxels are stored, and where they lie, which the affine says."""
_TERMINOLOGY: Final = (
    *("context", "category", "type", "typeModifier", "anatomicContext", "anatomicRegion", "anatomicRegionModifier"),
)


def _nrrd(path: Path) -> dict[str, Any]:
    header = nrrd.read_header(str(path))
    directions = [row for row in header["space directions"] if not np.isnan(row).any()]
    affine = np.column_stack([*np.asarray(directions), header["space origin"]])
    said: dict[str, Any] = {"affine": _rounded(affine)}
    for key, value in header.items():
        name = key.partition("_")[2] if key.startswith("Segment") and key[7:8].isdigit() else ""
        if key in _HOW_AND_WHERE or name == "Extent":  # the extent is that of the voxels
            continue
        if name == "Color":
            said[key] = [_of_255(float(part)) for part in value.split()]
        elif name == "Tags":
            said[key] = dict(_tag(tag) for tag in value.split("|") if tag)
        else:
            said[key] = value
    return _stated(said)


def _tag(tag: str) -> tuple[str, Any]:
    name, _, told = tag.partition(":")
    if name != "TerminologyEntry":
        return name, told
    parts = dict(zip(_TERMINOLOGY, told.split("~"), strict=True))
    return name, {key: part.split("^") if "^" in part else part for key, part in parts.items() if part.strip("^")}


def _stated(said: dict[str, Any]) -> dict[str, Any]:
    """Return what says something: a header's field that is empty or 0 says nothing."""
    return {key: value for key, value in said.items() if value not in ("", 0, [], {})}


# --- written again


def write(readings: list[Reading], file: Foreign, folder: Path) -> Path:
    (reading,) = readings
    (source,) = file.sources
    case = LoadedCase(reading.case, reading.masks)
    context = Context(task="T")
    if file.read_options.get("as_image"):
        registry.write([case], folder / "again", format=FORMAT, images=[source], context=context, plain=True)
        return folder / "again" / "images" / "image.nii.gz"
    if source.suffix in {".nrrd", ".nhdr"}:
        target = folder / "again.json"
        target.write_text(json.dumps(_header_again(reading, source)), "utf-8")
        return target
    if len(nibabel.load(source).shape) > 3 and nibabel.load(source).shape[3] > 1:
        registry.write([case], folder / "again", format=FORMAT, context=context, arrange="4d", plain=True)
        return folder / "again" / "dseg.nii.gz"
    registry.write([case], folder / "again.nii.gz", format=FORMAT, context=context, plain=True)
    return folder / "again.nii.gz"


def _header_again(reading: Reading, source: Path) -> dict[str, Any]:
    """Return the header of a NRRD file as the case would have it: the reader's own function, as NRRD is only read."""
    volume, case = open_volume(source, Limits()), reading.case
    labels = Labels.of(case)
    places = {each.id or "": each for each in volume.segments}
    segments = []
    for each in case.annotations:
        place = places.get(each.id)
        if place is not None:
            entry = entry_of(place.entry.value, each.label_code, each.category, labels)
            segments.append(FileSegment(place.layer, entry, each.id))
    return volume.written_tree(next(iter(reading.masks.values())).grid, segments, is_labels=True)


def check(readings: list[Reading], file: Foreign, again: Path) -> None:
    """The voxels of each label come back where they were."""
    (reading,) = readings
    if again.suffix == ".json" or not reading.masks:
        return
    (back,) = registry.read([again], format=FORMAT, context=Context(task="T"), modality="CT")
    for (identity, mask), found in zip(reading.masks.items(), back.masks.values(), strict=True):
        found_kji = apply_relation(found.read(), compare_grids(found.grid, mask.grid))
        np.testing.assert_array_equal(found_kji, mask.read(), err_msg=f"{file.name}: {identity}")
