"""Damaged headers, tables and indexes by the hundred, and volumes that take memory: one clear error, never another."""

from __future__ import annotations

import bz2
import copy
import json
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from annoconv_converters._volumes.caret_tables import read_caret, write_caret
from annoconv_converters._volumes.label_tables import (
    read_table,
    write_ctbl,
    write_snap,
    write_tsv,
)
from annoconv_converters._volumes.labels import Entry

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.errors import AnnoconvError, LimitError, MaskError
from annoconv.files.inflate import compress
from annoconv.limits import Limits
from annoconv.volumes.nifti import read_array, read_header, read_scaled
from tests import cases

ENTRIES = [Entry(1, "liver"), Entry(7, "spleen, left"), Entry(300, "某种结构")]
CODES = (
    "Structure,SegmentedPropertyTypeCodeSequence.CodingSchemeDesignator,SegmentedPropertyTypeCodeSequence.CodeValue,"
    "SegmentedPropertyTypeCodeSequence.CodeMeaning\nliver,SCT,10200004,Liver\nspleen,SCT,78961009,Spleen\n"
)
NRRD = (
    b"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nspace: left-posterior-superior\n"
    b"space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nendian: little\nencoding: raw\n"
    b"Segment0_ID:=S1\nSegment0_LabelValue:=1\nSegment0_Layer:=0\nSegment0_Color:=0.1 0.2 0.3\n"
    b"Segment0_Tags:=TerminologyEntry:a~SCT^1^b~SCT^2^c~^^~x~^^~^^|\n\n"
) + bytes([0, 1] * 4)
META = (
    b"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
    b"TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\nDimSize = 2 2 2\n"
    b"ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
) + bytes([0, 1] * 4)
TABLES = {
    "a.tsv": write_tsv(ENTRIES),
    "a.txt": write_snap(ENTRIES),
    "a.ctbl": write_ctbl(ENTRIES),
    "a.csv": CODES.encode(),
}
VOLUMES = {"a.seg.nrrd": NRRD, "a.nrrd": NRRD, "a.nhdr": NRRD, "a.mha": META, "a.mhd": META}
PIECES = [b"\0", b"\t", b'"', b"\n", b"\r", b",", b":=", b": ", b"=", b"(", b"-1", b"nan", b"inf", b"1e999", b"0x10"]
PIECES += [b"9" * 5000, b"x" * 200_000, "１".encode(), b"\xff\xfe", b"../"]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return a content with up to four insertions, deletions, changed bytes or repeated pieces."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(4):
            case 0:
                changed[at:at] = rng.choice(PIECES)
            case 1:
                del changed[at : at + rng.randint(1, 20)]
            case 2:
                changed[at : at + 1] = bytes([rng.randrange(256)])
            case _:
                start = rng.randrange(len(changed) + 1)
                changed[at:at] = changed[start : start + rng.randint(1, 60)]
    return bytes(changed)


def refused_or_read(act: Callable[[], object]) -> None:
    """Run it; nothing but our own errors comes out, and no warning (those are errors in tests)."""
    with suppress(AnnoconvError):
        act()


@pytest.mark.parametrize("name", TABLES)
def test_a_damaged_label_table_is_one_clear_error(name: str, tmp_path: Path) -> None:
    rng, path = random.Random(name), tmp_path / name
    for _ in range(400):
        path.write_bytes(damaged(TABLES[name], rng))
        refused_or_read(lambda: read_table(path))


def test_a_damaged_table_in_a_header_is_one_clear_error(tmp_path: Path) -> None:
    rng = random.Random(0)
    for _ in range(400):
        content = damaged(write_caret([ENTRIES]), rng)
        refused_or_read(lambda content=content: read_caret(content, tmp_path))  # type: ignore[misc]


@pytest.mark.parametrize("name", VOLUMES)
def test_a_damaged_text_header_is_one_clear_error(name: str, tmp_path: Path) -> None:
    rng, path = random.Random(name), tmp_path / name

    def read() -> None:
        for reading in registry.read([path], format="nifti", no_place=True):
            for mask in reading.masks.values():
                mask.read()

    read_whole = tmp_path / "whole" / name
    read_whole.parent.mkdir()
    read_whole.write_bytes(VOLUMES[name])
    assert len(list(registry.read([read_whole], format="nifti"))) == 1
    for _ in range(300):
        path.write_bytes(damaged(VOLUMES[name], rng))
        refused_or_read(read)


VALUES: list[Any] = [
    None,
    1,
    -1,
    "x",
    "",
    [],
    {},
    [1],
    {"a": 1},
    True,
    1e308,
    "../x",
    "/etc/passwd",
    10**20,
    [[]],
    "\0",
]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        yield from places(value, (*path, key))


@pytest.mark.parametrize(
    ("zoo", "options"),
    [
        ("whole_model", {}),
        ("label_map", {"arrange": "label-map"}),
        *(("label_map", {"layout": layout}) for layout in ("nnunet", "msd", "bids", "monai")),
    ],
)
def test_a_damaged_index_is_one_clear_error(zoo: str, options: dict[str, Any], tmp_path: Path) -> None:
    rng, case = random.Random(zoo), cases.make(zoo, tmp_path / "zoo")
    out = tmp_path / "out"
    registry.write([read_case(case.path)], out, format="nifti", images=case.images, **options)
    for path in sorted(out.rglob("*.json")):
        whole = path.read_bytes()
        document = json.loads(whole)
        for place in rng.choices(list(places(document)), k=60):
            changed = copy.deepcopy(document)
            node = changed
            for step in place[:-1]:
                node = node[step]
            if rng.random() < 0.2:
                del node[place[-1]]
            else:
                node[place[-1]] = rng.choice(VALUES)
            path.write_text(json.dumps(changed))
            refused_or_read(lambda: list(registry.read([out], format="nifti")))
        path.write_bytes(whole)


def bomb(path: Path, *, cut: int = 0, checksum: bytes = b"") -> None:
    """Write 2 GB of zeros in 2 MB behind an honest header, then damage the end."""
    count = 1290
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.uint8)
    header.set_data_shape((count, count, count))
    header.set_sform(np.eye(4), 1)
    header["vox_offset"], header["magic"] = 352, b"n+1"
    zeros, rest = bytes(1 << 24), count**3
    pieces = [zeros[: min(rest - at, 1 << 24)] for at in range(0, rest, 1 << 24)]
    content = b"".join(compress([header.binaryblock + bytes(4), *pieces]))
    path.write_bytes(content[: len(content) - cut - 8 * bool(checksum)] + checksum)


@pytest.mark.parametrize("damage", [{"cut": 2000}, {"checksum": bytes(8)}])
def test_a_large_volume_that_is_damaged_at_its_end_takes_no_memory(damage: dict[str, Any], tmp_path: Path) -> None:
    bomb(tmp_path / "bomb.nii.gz", **damage)
    code = (
        "import resource, sys, time\n"
        "from pathlib import Path\n"
        "from annoconv import registry\n"
        "from annoconv_converters.nifti import read\n"
        "from annoconv.errors import MaskError\n"
        "before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()\n"
        "try:\n    list(registry.read([Path(sys.argv[1])], format='nifti'))\n"
        "except MaskError:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, time.process_time() - began)\n"
    )
    run = [sys.executable, "-c", code, str(tmp_path / "bomb.nii.gz")]
    answer = subprocess.run(run, capture_output=True, text=True, check=True, timeout=120).stdout.split()
    assert int(answer[0]) * (1 if sys.platform == "darwin" else 1024) < 256 << 20
    assert float(answer[1]) < 2
    assert resource.RUSAGE_SELF == 0


def test_layers_without_end_are_refused(tmp_path: Path) -> None:
    many = nibabel.Nifti2Image(np.zeros((1, 1, 1, 100_000), np.uint8), np.eye(4))
    nibabel.save(many, tmp_path / "layers.nii.gz")
    with pytest.raises(LimitError, match="too many layers"):
        list(registry.read([tmp_path / "layers.nii.gz"], format="nifti"))
    labels = np.tile(np.arange(1, 1001, dtype=np.uint16).reshape(10, 10, 10, 1), (1, 1, 1, 10))
    image = nibabel.Nifti1Image(labels, np.eye(4))
    image.header.set_intent("label")
    nibabel.save(image, tmp_path / "labels.nii.gz")
    with pytest.raises(LimitError, match="too many labels"):
        list(registry.read([tmp_path / "labels.nii.gz"], format="nifti"))


NRRD_HEAD = NRRD.partition(b"encoding")[0]


def test_bzip2_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    packed, head = bz2.compress(bytes([0, 1] * 4)), NRRD_HEAD + b"encoding: bzip2\n\n"
    path.write_bytes(head + packed)
    (reading,) = registry.read([path], format="nifti")
    assert len(reading.masks) == 1
    for content in (packed + b"x", packed[:-3], packed[:10] + b"\0\0" + packed[12:], packed + packed):
        path.write_bytes(head + content)
        with pytest.raises(MaskError, match=r"follow|cut off|damaged"):
            list(registry.read([path], format="nifti"))


def test_a_label_map_in_few_bytes_of_bzip2_is_no_bomb(tmp_path: Path) -> None:
    head = NRRD_HEAD.replace(b"sizes: 2 2 2", b"sizes: 512 512 64") + b"encoding: bz2\n\n"
    labels = np.zeros((64, 512, 512), np.uint8)
    labels[30, 100:200, 100:200] = 4
    (tmp_path / "a.nrrd").write_bytes(head + bz2.compress(labels.tobytes()))
    (reading,) = registry.read([tmp_path / "a.nrrd"], format="nifti")
    (mask,) = reading.masks.values()
    np.testing.assert_array_equal(mask.read(), labels != 0)
    huge = head.replace(b"512 512 64", b"1024 1024 1024")
    (tmp_path / "a.nrrd").write_bytes(huge + bz2.compress(bytes(1000)))
    with pytest.raises(MaskError, match="too short"):
        list(registry.read([tmp_path / "a.nrrd"], format="nifti"))


@pytest.mark.parametrize("line", ["BinaryData = False", "HeaderSize = -1", "HeaderSize = 10"])
def test_a_metaimage_whose_voxels_stand_otherwise_is_refused_by_name(line: str, tmp_path: Path) -> None:
    text = META.replace(b"BinaryData = True\n", b"") if line.startswith("Binary") else META
    (tmp_path / "a.mha").write_bytes(text.replace(b"NDims", line.encode() + b"\nNDims"))
    with pytest.raises(MaskError, match="text, or bytes behind a header"):
        list(registry.read([tmp_path / "a.mha"], format="nifti"))


@pytest.mark.parametrize(("dtype", "most"), [(np.uint8, 3), (np.uint8, 41), (np.int16, 41), (np.int16, 104)])
def test_labels_that_nibabel_scaled_are_whole_again(dtype: Any, most: int, tmp_path: Path) -> None:
    """A floating label map saved under an integer header gets a slope, and comes back off by a part of a step."""
    labels = np.random.default_rng(0).integers(0, most + 1, (6, 5, 4)).astype(np.float64)
    labels.flat[0] = most
    image = nibabel.Nifti1Image(labels, np.eye(4))
    image.set_data_dtype(dtype)
    image.header.set_intent("label")
    nibabel.save(image, tmp_path / "scaled.nii.gz")
    header = read_header(tmp_path / "scaled.nii.gz", Limits())
    assert header.slope != 1
    np.testing.assert_array_equal(read_scaled(header), labels.T)
    (reading,) = registry.read([tmp_path / "scaled.nii.gz"], format="nifti")
    assert {each.mask_value for each in reading.case.annotations} == set(np.unique(labels[labels > 0]).astype(int))


def test_fractions_that_are_scaled_stay_fractions(tmp_path: Path) -> None:
    shares = np.linspace(0, 1, 120).reshape(6, 5, 4)
    image = nibabel.Nifti1Image(shares, np.eye(4))
    image.set_data_dtype(np.uint8)
    nibabel.save(image, tmp_path / "shares.nii.gz")
    header = read_header(tmp_path / "shares.nii.gz", Limits())
    np.testing.assert_allclose(read_scaled(header), shares.T, atol=0.003)
    assert np.count_nonzero(read_scaled(header) % 1) > 100
    assert read_array(header).dtype == np.uint8
    (reading,) = registry.read([tmp_path / "shares.nii.gz"], format="nifti")
    (mask,) = reading.masks.values()
    assert mask.read().dtype.kind == "f"
