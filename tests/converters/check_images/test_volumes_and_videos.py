"""Planted faults of NRRD, MetaImage, folders of frames and MP4: each the one finding, and none of what is whole."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import nrrd
import numpy as np
import pytest
import SimpleITK
from annoconv_converters.check_images import check_images
from PIL import Image

from tests.real_data import real

VOXELS = np.arange(6 * 5 * 4, dtype=np.float32).reshape(6, 5, 4)
PLACED: dict[str, Any] = {
    "space": "left-posterior-superior",
    "space directions": [[0.8, 0, 0], [0, 0.9, 0], [0, 0, 2.5]],
    "space origin": [1.0, 2.0, 3.0],
    "encoding": "gzip",
}


def found(path: Path, **options: Any) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for _, finding in check_images([path], **options)]


def rules(path: Path, **options: Any) -> list[str]:
    return [rule for rule, _ in found(path, **options)]


# --- NRRD and MetaImage ---


def as_nrrd(path: Path, voxels: Any = VOXELS, **changes: Any) -> Path:
    header = {key: value for key, value in (PLACED | changes).items() if value is not None}
    nrrd.write(str(path), voxels, header)
    return path


def as_metaimage(path: Path, voxels: Any = VOXELS, direction: Any = None) -> Path:
    image = SimpleITK.GetImageFromArray(voxels.transpose(2, 1, 0))
    image.SetSpacing((0.8, 0.9, 2.5))
    image.SetOrigin((1.0, 2.0, 3.0))
    if direction is not None:
        image.SetDirection(direction)
    SimpleITK.WriteImage(image, str(path))
    return path


@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr"])
def test_a_clean_nrrd_file_has_no_finding(tmp_path: Path, name: str) -> None:
    assert found(as_nrrd(tmp_path / name)) == []
    assert found(as_nrrd(tmp_path / name, VOXELS.astype(np.int16)), pixels=False) == []


@pytest.mark.parametrize("name", ["a.mha", "a.mhd"])
def test_a_clean_metaimage_has_no_finding(tmp_path: Path, name: str) -> None:
    assert found(as_metaimage(tmp_path / name)) == []
    turned = (0, 1, 0, -1, 0, 0, 0, 0, 1)
    assert found(as_metaimage(tmp_path / name, direction=turned)) == []


def test_voxels_that_are_no_numbers_are_counted_and_placed(tmp_path: Path) -> None:
    voxels = VOXELS.copy()
    voxels[2, 3, 1] = np.nan
    for path in (as_nrrd(tmp_path / "a.nrrd", voxels), as_metaimage(tmp_path / "b.mha", voxels)):
        ((rule, message),) = found(path)
        assert rule == "A-7.2f.value_not_finite"
        assert "1 of 120 voxels" in message
        assert "2, 3, 1" in message
        assert found(path, pixels=False) == []


def test_axes_that_are_not_at_right_angles_are_named(tmp_path: Path) -> None:
    sheared = [[0.8, 0, 0], [0, 0.9, 0], [0, 2.5 * np.tan(np.radians(10)), 2.5]]
    ((rule, message),) = found(as_nrrd(tmp_path / "a.nrrd", **{"space directions": sheared}))
    assert rule == "A-7.2b.affine_sheared"
    assert "80.00 degrees" in message


def test_a_nrrd_file_that_states_no_space_is_named(tmp_path: Path) -> None:
    without = dict.fromkeys(("space", "space directions", "space origin"))
    assert rules(as_nrrd(tmp_path / "a.nrrd", **without)) == ["A-7.2b.space_missing"]


@pytest.mark.parametrize(
    ("field", "said"),
    [("TransformMatrix", "no TransformMatrix;"), ("Offset", "no Offset;"), ("ElementSpacing", "no ElementSpacing;")],
)
def test_a_metaimage_that_does_not_state_its_place_is_named(tmp_path: Path, field: str, said: str) -> None:
    path = as_metaimage(tmp_path / "a.mha")
    header, _, voxels = path.read_bytes().partition(b"ElementDataFile")
    kept = [line for line in header.splitlines(keepends=True) if not line.startswith(field.encode())]
    path.write_bytes(b"".join(kept) + b"ElementDataFile" + voxels)
    ((rule, message),) = found(path)
    assert rule == "A-7.2b.space_missing"
    assert said in message


def test_a_nrrd_file_without_an_origin_is_named(tmp_path: Path) -> None:
    ((rule, message),) = found(as_nrrd(tmp_path / "a.nrrd", **{"space origin": None}))
    assert rule == "A-7.2b.space_missing"
    assert "no space origin;" in message


def test_directions_that_are_none_are_named(tmp_path: Path) -> None:
    flat = [[0.8, 0, 0], [0, 0.9, 0], [0, 0, 0]]
    assert rules(as_nrrd(tmp_path / "a.nrrd", **{"space directions": flat})) == ["A-7.2b.affine_invalid"]
    path = as_metaimage(tmp_path / "b.mha")
    data = path.read_bytes().replace(b"TransformMatrix = 1 0 0 0 1 0 0 0 1", b"TransformMatrix = 1 0 0 0 1 0 0 1 0")
    path.write_bytes(data)
    assert rules(path) == ["A-7.2b.affine_invalid"]


@pytest.mark.parametrize("size", [b"0.0", b"-25"])
def test_a_voxel_size_that_is_none_is_named(tmp_path: Path, size: bytes) -> None:
    path = as_metaimage(tmp_path / "a.mha")
    data = path.read_bytes()
    changed = re.sub(rb"(ElementSpacing = \S+ \S+) \S+", lambda match: match[1] + b" " + size, data, count=1)
    assert changed != data
    path.write_bytes(changed)
    assert rules(path) == ["A-7.2c.voxel_size_invalid"]


def test_files_that_are_cut_off_or_lack_their_voxels_are_named(tmp_path: Path) -> None:
    for path in (as_nrrd(tmp_path / "a.nrrd"), as_metaimage(tmp_path / "b.mha")):
        path.write_bytes(path.read_bytes()[:-20])
        assert rules(path) == ["A-7.2a.file_unreadable"]
    apart = as_metaimage(tmp_path / "c.mhd")
    apart.with_suffix(".raw").unlink()
    assert rules(apart) == ["A-7.2a.file_unreadable"]
    (tmp_path / "d.nrrd").write_bytes(b"something else")
    assert rules(tmp_path / "d.nrrd") == ["A-7.2a.file_unreadable"]


def test_real_files_have_no_finding() -> None:
    assert found(real("nrrd")) == []


# --- folders of frames ---


def frames(folder: Path, numbers: range = range(12), size: tuple[int, int] = (24, 16)) -> Path:
    folder.mkdir()
    for n in numbers:
        Image.new("L", size, n * 3).save(folder / f"frame_{n:04}.png")
    return folder


def test_frames_that_are_whole_have_no_finding(tmp_path: Path) -> None:
    assert found(frames(tmp_path / "a")) == []
    assert found(frames(tmp_path / "b", range(7, 19))) == []


def test_a_gap_in_the_numbers_is_named(tmp_path: Path) -> None:
    folder = frames(tmp_path / "a")
    (folder / "frame_0004.png").unlink()
    (folder / "frame_0005.png").unlink()
    ((rule, message),) = found(folder)
    assert rule == "A-7.2n2.frame_missing"
    assert message.startswith("frames missing between frame_0003.png and frame_0006.png: 2")


def test_frames_that_stand_still_are_counted(tmp_path: Path) -> None:
    folder = frames(tmp_path / "a")
    for n in (8, 9):
        (folder / f"frame_{n:04}.png").write_bytes((folder / "frame_0007.png").read_bytes())
    ((rule, message),) = found(folder)
    assert rule == "A-7.2n2.frame_twice"
    assert "2 of 12 frames" in message
    assert "frame_0008.png" in message


def test_a_frame_of_another_size_and_a_damaged_one_are_named(tmp_path: Path) -> None:
    folder = frames(tmp_path / "a")
    Image.new("L", (25, 16)).save(folder / "frame_0003.png")
    ((rule, message),) = found(folder)
    assert rule == "A-7.2n2.frame_size_differs"
    assert "frame_0003.png has 25 x 16 pixels, 11 of 12 frames have 24 x 16" in message
    whole = (folder / "frame_0004.png").read_bytes()
    (folder / "frame_0003.png").write_bytes(whole[: len(whole) // 2])
    assert rules(folder) == ["A-7.2a.file_unreadable"]


def test_pictures_that_are_no_frames_are_passed_over(tmp_path: Path) -> None:
    folder = frames(tmp_path / "patients", range(0))
    for n in (139, 285, 632, 724, 776, 785, 802, 872):
        Image.new("L", (n, 16)).save(folder / f"{n:012}.png")
    frames(tmp_path / "few", range(4))
    with pytest.raises(Exception, match="no images"):
        found(tmp_path)


# --- videos ---


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def movie(path: Path, durations: list[tuple[int, int]], *, handler: bytes = b"vide", first: bool = False) -> Path:
    """Write an MP4 of frames of 100 bytes in chunks of two, by ISO/IEC 14496-12; 600 units of time in a second."""
    count = sum(each for each, _ in durations)
    head = box(b"ftyp", b"isom\0\0\2\0isom")

    def index(begin: int) -> bytes:
        chunks = [begin + 200 * n for n in range((count + 1) // 2)]
        runs = [(1, 2, 1), *([(len(chunks), 1, 1)] if count % 2 and len(chunks) > 1 else [])]
        table = box(
            b"stbl",
            box(b"stts", struct.pack(">II", 0, len(durations)), *(struct.pack(">II", *each) for each in durations)),
            box(b"stsc", struct.pack(">II", 0, len(runs)), *(struct.pack(">III", *each) for each in runs)),
            box(b"stsz", struct.pack(">III", 0, 0, count), struct.pack(f">{count}I", *[100] * count)),
            box(b"stco", struct.pack(">II", 0, len(chunks)), struct.pack(f">{len(chunks)}I", *chunks)),
        )
        media = box(
            b"mdia",
            box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 600, 0, 0, 0)),
            box(b"hdlr", struct.pack(">II", 0, 0), handler, bytes(12), b"\0"),
            box(b"minf", table),
        )
        return box(b"moov", box(b"mvhd", bytes(100)), box(b"trak", media))

    samples = box(b"mdat", bytes(100 * count))
    if first:
        told = index(len(head) + len(index(0)) + 8)
        path.write_bytes(head + told + samples)
    else:
        path.write_bytes(head + samples + index(len(head) + 8))
    return path


@pytest.mark.parametrize("first", [False, True])
def test_a_video_that_is_whole_has_no_finding(tmp_path: Path, first: bool) -> None:
    assert found(movie(tmp_path / "a.mp4", [(25, 24)], first=first)) == []
    assert found(movie(tmp_path / "b.mov", [(24, 24), (1, 600)], first=first)) == []  # the last frame is held


def test_a_video_that_is_cut_off_is_named_with_its_frame(tmp_path: Path) -> None:
    path = movie(tmp_path / "a.mp4", [(25, 24)], first=True)
    path.write_bytes(path.read_bytes()[:-1650])  # frames 8 to 24, and half of the one before
    ((rule, message),) = found(path)
    assert rule == "A-7.2n2.video_truncated"
    assert "the frames from 8 on" in message


def one_chunk(path: Path, count: int = 25) -> Path:
    """Write an MP4 whose frames of 100 bytes are all in one chunk, behind the index."""
    head = box(b"ftyp", b"isom\0\0\2\0isom")

    def index(begin: int) -> bytes:
        table = box(
            b"stbl",
            box(b"stts", struct.pack(">IIII", 0, 1, count, 24)),
            box(b"stsc", struct.pack(">IIIII", 0, 1, 1, count, 1)),
            box(b"stz2", struct.pack(">IIBI", 0, 0, 0, 0)[:7] + struct.pack(">BI", 8, count), bytes([100] * count)),
            box(b"stco", struct.pack(">III", 0, 1, begin)),
        )
        return _moov(table)

    path.write_bytes(head + index(len(head) + len(index(0)) + 8) + box(b"mdat", bytes(100 * count)))
    return path


def _moov(table: bytes, *more: bytes) -> bytes:
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 600, 0, 0, 0)),
        box(b"hdlr", struct.pack(">II", 0, 0), b"vide", bytes(12), b"\0"),
        box(b"minf", table),
    )
    track = box(b"trak", box(b"tkhd", struct.pack(">IIII", 0, 0, 0, 1)), media)
    return box(b"moov", box(b"mvhd", bytes(100)), track, *more)


def in_fragments(path: Path, fragments: int) -> Path:
    """Write an MP4 in fragments of five frames of 100 bytes of its track, and of seven of another."""
    empty = box(
        b"stbl",
        *(box(kind, struct.pack(">II", 0, 0)) for kind in (b"stts", b"stsc", b"stco")),
        box(b"stsz", struct.pack(">III", 0, 0, 0)),
    )
    parts = [
        box(b"traf", box(b"tfhd", struct.pack(">II", 0, track)), box(b"trun", struct.pack(">II", 0, count)))
        for track, count in ((1, 5), (2, 7))
    ]
    fragment = box(b"moof", box(b"mfhd", struct.pack(">II", 0, 1)), *parts) + box(b"mdat", bytes(500))
    head = box(b"ftyp", b"iso5\0\0\2\0iso5")
    path.write_bytes(head + _moov(empty, box(b"mvex", box(b"trex", bytes(24)))) + fragment * fragments)
    return path


def test_the_first_frame_that_is_cut_is_told_within_its_chunk(tmp_path: Path) -> None:
    path = one_chunk(tmp_path / "a.mp4")
    assert found(path) == []
    path.write_bytes(path.read_bytes()[:-250])
    ((rule, message),) = found(path)
    assert rule == "A-7.2n2.video_truncated"
    assert "the frames from 22 on" in message


def test_a_video_in_fragments_is_followed_to_its_end(tmp_path: Path) -> None:
    path = in_fragments(tmp_path / "a.mp4", 3)
    assert found(path) == []
    path.write_bytes(path.read_bytes()[:-300])
    ((rule, message),) = found(path)
    assert rule == "A-7.2n2.video_truncated"
    assert "the frames from 10 on" in message
    ((rule, message),) = found(in_fragments(tmp_path / "a.mp4", 0))
    assert (rule, "no frames" in message) == ("A-7.2a.file_unreadable", True)


@pytest.mark.parametrize(
    ("table", "at", "count", "said"),
    [
        (b"stts", 12, 20, "the times of 20 frames, the sizes of 25 and the places of 25"),
        (b"stco", 8, 10, "the times of 25 frames, the sizes of 25 and the places of 20"),
    ],
)
def test_tables_of_different_numbers_of_frames_are_named(
    tmp_path: Path, table: bytes, at: int, count: int, said: str
) -> None:
    path = movie(tmp_path / "a.mp4", [(25, 24)], first=True)
    data = bytearray(path.read_bytes())
    struct.pack_into(">I", data, data.index(table) + at, count)
    path.write_bytes(data)
    ((rule, message),) = found(path)
    assert rule == "A-7.2n2.video_index_differs"
    assert said in message


def test_a_video_without_its_index_or_without_pictures_is_named(tmp_path: Path) -> None:
    path = movie(tmp_path / "a.mp4", [(25, 24)])
    path.write_bytes(path.read_bytes()[:1000])
    assert rules(path) == ["A-7.2a.file_unreadable"]
    assert rules(movie(tmp_path / "a.mp4", [(25, 24)], handler=b"soun")) == ["A-7.2a.file_unreadable"]
    for data in (b"", b"\0" * 64, b"\xff" * 64):
        path.write_bytes(data)
        assert rules(path) == ["A-7.2a.file_unreadable"]


def test_times_of_a_video_are_looked_at(tmp_path: Path) -> None:
    ((rule, message),) = found(movie(tmp_path / "a.mp4", [(3, 24), (1, 0), (21, 24)]))
    assert rule == "A-7.2n2.video_times_invalid"
    assert "the frame 3 of a.mp4" in message
    ((rule, message),) = found(movie(tmp_path / "b.mp4", [(20, 24), (2, 60), (3, 24)]))
    assert rule == "A-7.2n2.video_times_uneven"
    assert "40 to 100 ms apart" in message


def test_a_hostile_index_is_refused(tmp_path: Path) -> None:
    path = movie(tmp_path / "a.mp4", [(25, 24)], first=True)
    data = bytearray(path.read_bytes())
    at = data.index(b"stsz") + 12
    struct.pack_into(">I", data, at, 0xFFFFFFFF)
    path.write_bytes(data)
    assert rules(path) == ["A-7.2a.file_unreadable"]
