"""`annoconv convert`: from what several tools drew to what is delivered, by one command."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel
import nrrd
import numpy as np
import pydicom
import pytest

from annoconv import registry
from annoconv.cli import main
from annoconv.demo.case import make
from annoconv.demo.series import ellipsoid, write_series
from annoconv.geometry import Grid
from annoconv.registry.signs import members_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Ran

SHAPE_KJI = (6, 20, 24)
LPS = np.array([[2.0, 0, 0, -24], [0, 2.5, 0, -25], [0, 0, 5, -15], [0, 0, 0, 1]])
LIVER = ellipsoid(SHAPE_KJI, (3, 10, 12), (2, 5, 6))
SPLEEN = ellipsoid(SHAPE_KJI, (3, 4, 4), (2, 2, 3))
KIDNEY = ellipsoid(SHAPE_KJI, (2, 15, 19), (1, 3, 3))
PATIENTS = [f"病例 {number:03}" for number in range(1, 51)]
BROKEN = PATIENTS[16]


def patient(folder: Path, name: str) -> Path:
    """Write a CT, the label map of one tool, and the segments of another one, which are not ours."""
    place = folder / name
    write_series(place / "ct", Grid(SHAPE_KJI[::-1], LPS), np.zeros(SHAPE_KJI, np.int16), name=name)
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ LPS
    place.joinpath("masks").mkdir()
    nibabel.save(nibabel.Nifti1Image(LIVER.T.astype(np.uint8), ras), place / "masks" / "liver.nii.gz")
    nibabel.save(nibabel.Nifti1Image(SPLEEN.T.astype(np.uint8), ras), place / "masks" / "spleen.nii.gz")
    return place


@pytest.fixture
def tools(tmp_path: Path, run: Callable[..., Ran]) -> Path:
    """Return a folder with a CT, a NIfTI mask, a NRRD as Slicer writes it, and a segmentation by highdicom."""
    place = patient(tmp_path, "tools")
    shutil.rmtree(place / "masks")
    nibabel.save(
        nibabel.Nifti1Image(LIVER.T.astype(np.uint8), np.diag([-1.0, -1.0, 1.0, 1.0]) @ LPS), place / "liver.nii.gz"
    )
    header = {
        "space": "left-posterior-superior",
        "space directions": LPS[:3, :3].T.tolist(),
        "space origin": LPS[:3, 3].tolist(),
        "kinds": ["domain"] * 3,
        "Segment0_ID": "Segment_1",
        "Segment0_Name": "Spleen",
        "Segment0_LabelValue": "1",
        "Segment0_Layer": "0",
    }
    nrrd.write(str(place / "slicer.seg.nrrd"), SPLEEN.T.astype(np.uint8), header)
    foreign_segmentation(place / "kidney.dcm", place / "ct")
    return place


def foreign_segmentation(path: Path, ct: Path) -> None:
    """Write the kidney as highdicom does."""
    import highdicom as hd
    from pydicom.sr.codedict import codes

    datasets = sorted(
        (pydicom.dcmread(each) for each in ct.iterdir()), key=lambda each: float(each.ImagePositionPatient[2])
    )
    described = hd.seg.SegmentDescription(
        segment_number=1,
        segment_label="Kidney",
        segmented_property_category=codes.SCT.Organ,
        segmented_property_type=codes.SCT.Kidney,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
    )
    hd.seg.Segmentation(
        source_images=datasets,
        pixel_array=KIDNEY.astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[described],
        series_instance_uid="1.2.826.0.1.3680043.8.498.1",
        series_number=7,
        sop_instance_uid="1.2.826.0.1.3680043.8.498.2",
        instance_number=1,
        manufacturer="M",
        manufacturer_model_name="N",
        software_versions="1",
        device_serial_number="1",
    ).save_as(path)


def sources(place: Path) -> list[Path]:
    return [place / name for name in ("liver.nii.gz", "slicer.seg.nrrd", "kidney.dcm", "ct")]


def voxels_of_segments(path: Path) -> dict[str, int]:
    dataset = pydicom.dcmread(path)
    frames = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    names = {each.SegmentNumber: each.SegmentLabel for each in dataset.SegmentSequence}
    found: dict[str, int] = dict.fromkeys(names.values(), 0)
    for frame, group in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        number = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        found[names[number]] += int(frame.sum())
    return found


def test_masks_of_three_tools_and_a_ct_become_one_segmentation(
    run: Callable[..., Ran], tools: Path, tmp_path: Path
) -> None:
    ran = run("convert", *sources(tools), "-o", tmp_path / "seg.dcm", "--task", "T")
    assert ran.code == 0, ran.err
    first = ran.err.splitlines()[0]
    assert "nifti (" in first
    assert "dicom-seg (" in first
    assert f"with images ({tools / 'ct'}), to dicom-seg" in first
    counts = sorted(voxels_of_segments(tmp_path / "seg.dcm").values())
    assert counts == sorted([int(LIVER.sum()), int(SPLEEN.sum()), int(KIDNEY.sum())])


def test_masks_of_three_tools_and_a_ct_become_nnunet(run: Callable[..., Ran], tools: Path, tmp_path: Path) -> None:
    ran = run(
        *("convert", *sources(tools), "-o", tmp_path / "nn", "--to", "nifti", "--to-layout", "nnunet"),
        *("--task", "T", "--case-id", "病例 001"),
    )
    assert ran.code == 0, ran.err
    labels = nibabel.load(tmp_path / "nn" / "labelsTr" / "病例_001.nii.gz").get_fdata().astype(int)
    names = json.loads((tmp_path / "nn" / "dataset.json").read_text("utf-8"))["labels"]
    found = {name: int((labels == value).sum()) for name, value in names.items() if value}
    assert sorted(found.values()) == sorted([int(LIVER.sum()), int(SPLEEN.sum()), int(KIDNEY.sum())])
    assert (tmp_path / "nn" / "imagesTr" / "病例_001_0000.nii.gz").is_file()


def test_masks_of_three_tools_and_a_ct_become_bids(run: Callable[..., Ran], tools: Path, tmp_path: Path) -> None:
    ran = run(
        *("convert", *sources(tools), "-o", tmp_path / "bids", "--to", "nifti", "--to-layout", "bids"),
        *("--task", "T", "--case-id", "P1"),
    )
    assert ran.code == 0, ran.err
    (labels,) = (tmp_path / "bids" / "sub-P1").rglob("*_dseg.nii.gz")
    with labels.with_name(labels.name.replace(".nii.gz", ".tsv")).open(encoding="utf-8") as table:
        values = [int(row["index"]) for row in csv.DictReader(table, delimiter="\t")]
    held = nibabel.load(labels).get_fdata().astype(int)
    expected = sorted([int(LIVER.sum()), int(SPLEEN.sum()), int(KIDNEY.sum())])
    assert sorted(int((held == value).sum()) for value in values if value) == expected


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # pycocotools under numpy 2
def test_masks_of_three_tools_and_a_ct_become_coco(run: Callable[..., Ran], tools: Path, tmp_path: Path) -> None:
    from pycocotools.coco import COCO

    ran = run("convert", *sources(tools), "-o", tmp_path / "coco.json", "--task", "T")
    assert ran.code == 0, ran.err
    coco = COCO(str(tmp_path / "coco.json"))
    found = {
        name["name"]: sum(int(coco.annToMask(each).sum()) for each in coco.loadAnns(coco.getAnnIds(catIds=[number])))
        for number, name in coco.cats.items()
    }
    assert sorted(found.values()) == sorted([int(LIVER.sum()), int(SPLEEN.sum()), int(KIDNEY.sum())])


# --- fifty patients ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patients")
    for name in PATIENTS:
        patient(folder, name)
    broken = folder / BROKEN / "masks" / "liver.nii.gz"
    broken.write_bytes(broken.read_bytes()[:60])
    return folder


def many(folder: Path, *rest: object) -> list[object]:
    return [f"{folder}/{{case_id}}/masks", "--images", f"{folder}/{{case_id}}/ct", "--task", "T", *rest]


def test_fifty_patients_become_fifty_segmentations_but_for_the_broken_one(
    run: Callable[..., Ran], patients: Path, tmp_path: Path
) -> None:
    ran = run("convert", *many(patients, "-o", tmp_path / "out" / "{case_id}_seg.dcm", "--keep-going"))
    assert ran.code == 1
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [
        f"{name}_seg.dcm" for name in PATIENTS if name != BROKEN
    ]
    assert "49 of 50 cases done, 1 failed, 0 not begun" in ran.err
    assert f"  {BROKEN}  failed (1)\n" in ran.err
    (reading,) = registry.read([tmp_path / "out" / f"{PATIENTS[0]}_seg.dcm"], format="dicom-seg")
    assert reading.case.case_id == PATIENTS[0]


def test_without_keep_going_the_first_that_fails_is_the_last(
    run: Callable[..., Ran], patients: Path, tmp_path: Path
) -> None:
    ran = run("convert", *many(patients, "-o", tmp_path / "{case_id}_seg.dcm"))
    assert ran.code == 1
    assert len(list(tmp_path.glob("*.dcm"))) == PATIENTS.index(BROKEN)
    assert "16 of 50 cases done, 1 failed, 33 not begun" in ran.err


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--to", "nifti", "--to-layout", "nnunet"], "labelsTr/{}.nii.gz"),
        (["--to", "coco"], ""),
        (["--to", "nifti", "--to-layout", "bids"], ""),
    ],
)
def test_fifty_patients_become_one_data_set_without_the_broken_one(
    run: Callable[..., Ran], patients: Path, tmp_path: Path, options: list[str], names: str
) -> None:
    target = tmp_path / "set"
    ran = run("convert", *many(patients, "-o", target, *options, "--keep-going"))
    assert ran.code == 1
    assert f"{BROKEN}: " in ran.err
    assert "49 of 50 cases done, 1 failed, 0 not begun" in ran.err
    if names:
        found = {each.name for each in (target / "labelsTr").iterdir()}
        assert found == {f"{name.replace(' ', '_')}.nii.gz" for name in PATIENTS if name != BROKEN}
    elif "coco" in options:
        (file,) = target.rglob("instances*.json")
        document = json.loads(file.read_text("utf-8"))
        assert len(document["annotations"]) == 49 * sum(int(each.any(axis=(1, 2)).sum()) for each in (LIVER, SPLEEN))
    else:
        assert len(list(target.glob("sub-*"))) == 49


def test_a_line_of_json_for_each_case(run: Callable[..., Ran], patients: Path, tmp_path: Path) -> None:
    ran = run("convert", *many(patients, "-o", tmp_path / "{case_id}_seg.dcm", "--keep-going", "--json"))
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["case_id"] for line in lines] == PATIENTS
    assert {line["case_id"] for line in lines if line["exit_code"]} == {BROKEN}


def test_a_table_of_cases(run: Callable[..., Ran], patients: Path, tmp_path: Path) -> None:
    place = tmp_path / "lists"
    place.mkdir()
    shutil.copytree(patients / PATIENTS[0], place / "one")
    shutil.copytree(patients / PATIENTS[1], place / "two")
    (place / "cases.csv").write_text(
        "case_id,sources,images,output,task,plain\n"
        "病例 001,one/masks/liver.nii.gz,one/ct,out/病例 001.dcm,A,true\n"
        "病例 001,one/masks/spleen.nii.gz,,,,\n"
        "B,two/masks,two/ct,out/b.dcm,B,false\n",
        "utf-8-sig",
    )
    ran = run("convert", "--manifest", place / "cases.csv", "--to", "dicom-seg")
    assert ran.code == 0, ran.err
    assert sorted(voxels_of_segments(place / "out" / "病例 001.dcm").values()) == sorted(
        [int(LIVER.sum()), int(SPLEEN.sum())]
    )
    assert (place / "out" / "b.dcm").is_file()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("case_id,tusk\nA,x\n", "found tusk; expected case_id, sources, images, output"),
        ("sources\nx\n", "the table has no column case_id; found sources"),
        ("case_id,task\nA,x\nA,y\n", "line 3: two rows of one case differ"),
        ("case_id,task\nA\n", "line 2: a row has not as many cells as the header; found 1; expected 2"),
        ("case_id,task\n,x\n", "line 2: the row names no case"),
        ("case_id,case_id\nA,B\n", "a column stands twice"),
        ("case_id\n", "the table names no case"),
    ],
)
def test_a_table_that_is_wrong_is_refused(run: Callable[..., Ran], tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "cases.csv").write_text(text, "utf-8")
    ran = run("convert", "--manifest", tmp_path / "cases.csv", "--from", "nifti", "--to", "coco")
    assert ran.code == 1
    assert said in ran.err


def test_a_table_in_another_encoding_is_refused_with_what_helps(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_bytes("case_id\n病例\n".encode("gbk"))
    ran = run("convert", "--manifest", tmp_path / "cases.csv", "--from", "nifti", "--to", "coco")
    assert ran.code == 1
    assert "expected UTF-8. Save it as CSV UTF-8" in ran.err


def test_a_pattern_serves_every_command(run: Callable[..., Ran], patients: Path, tmp_path: Path) -> None:
    some = tmp_path / "some"
    for name in PATIENTS[:3]:
        shutil.copytree(patients / name, some / name)
    ran = run("from-nifti", *many(some, "-o", tmp_path / "cases" / "{case_id}.json", "--annotator", "李"))
    assert ran.code == 0, ran.err
    document = json.loads((tmp_path / "cases" / f"{PATIENTS[1]}.json").read_text("utf-8"))
    assert document["case_id"] == PATIENTS[1]
    assert document["metadata"]["annotator"] == "李"
    assert run("validate", f"{tmp_path}/cases/{{case_id}}.json").code == 0
    together = run("to-coco", f"{tmp_path}/cases/{{case_id}}.json", "-o", tmp_path / "all.json")
    assert together.code == 0, together.err
    assert len({each["file_name"] for each in json.loads((tmp_path / "all.json").read_text("utf-8"))["images"]}) == 18
    lost = run("to-coco", f"{tmp_path}/nowhere/{{case_id}}.json", "-o", tmp_path / "x.json")
    assert lost.code == 1
    assert "nothing is found where cases are looked for" in lost.err


def test_a_case_without_its_masks_is_a_case_that_fails(run: Callable[..., Ran], patients: Path, tmp_path: Path) -> None:
    some = tmp_path / "some"
    for name in PATIENTS[:2]:
        shutil.copytree(patients / name, some / name)
    shutil.rmtree(some / PATIENTS[0] / "masks")
    ran = run("convert", *many(some, "-o", tmp_path / "{case_id}_seg.dcm", "--keep-going"))
    assert ran.code == 1
    assert "1 of 2 cases done, 1 failed" in ran.err


# --- formats and options ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the case of the demonstration in every format."""
    folder = tmp_path_factory.mktemp("demo")
    make(folder)
    for each in registry.converters().values():
        if each.direction == "to":
            target = folder / "outputs" / f"{each.format}{each.suffix}"
            command = [each.name, folder / "case.json", "-o", target, "--images", folder / "images", "--quiet"]
            assert main([str(part) for part in command]) == 0
    return folder


WRITTEN = sorted(each.format for each in registry.converters().values() if each.direction == "to")


@pytest.mark.parametrize("name", WRITTEN)
def test_a_format_is_found_by_content_and_converted_as_in_two_steps(
    run: Callable[..., Ran], demo: Path, tmp_path: Path, name: str
) -> None:
    source = demo / "outputs" / f"{name}{registry.converter('to', name).suffix}"
    images = ["--images", demo / "images"]
    ran = run("convert", source, "-o", tmp_path / "one" / "x.json", "--to", "fhir", *images, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["formats"] == {"from": [name], "to": "fhir"}
    own = images if "images" in registry.converter("from", name).options else []
    assert run(f"from-{name}", source, "-o", tmp_path / "case", *own).code == 0
    assert run("to-fhir", tmp_path / "case", "-o", tmp_path / "two" / "x.json", *images).code == 0
    one, two = ((tmp_path / each / "x.json").read_bytes() for each in ("one", "two"))
    assert hashlib.sha256(one).hexdigest() == hashlib.sha256(two).hexdigest()


@pytest.mark.parametrize("target", WRITTEN)
def test_a_case_becomes_what_its_own_command_makes(
    run: Callable[..., Ran], demo: Path, tmp_path: Path, target: str
) -> None:
    suffix = registry.converter("to", target).suffix
    ran = run("convert", demo / "case.json", "-o", tmp_path / f"x{suffix}", "--to", target, "--images", demo / "images")
    assert ran.code == 0, ran.err
    made, expected = tmp_path / f"x{suffix}", demo / "outputs" / f"{target}{suffix}"
    if suffix:
        assert made.read_bytes() == expected.read_bytes()
    else:
        files = [each.relative_to(expected) for each in expected.rglob("*") if each.is_file() and each.name[0] != "."]
        assert all((made / each).read_bytes() == (expected / each).read_bytes() for each in files)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("seg.dcm", "dicom-seg"),
        ("p1_sr.dcm", "dicom-sr"),
        ("x.dcm", None),
        ("x.json", None),
        ("coco.json", "coco"),
        ("x.geojson", "geojson"),
        ("x.nii.gz", "nifti"),
        ("x.xml", "cvat"),
        ("x.jsonl", "case"),
        ("yolo", "yolo"),
        ("label-studio.json", "label-studio"),
        ("folder", None),
        ("x.tiff", None),
    ],
)
def test_the_format_of_an_output_is_in_its_name_or_asked_for(
    run: Callable[..., Ran], demo: Path, tmp_path: Path, output: str, expected: str | None
) -> None:
    ran = run("convert", demo / "case.json", "-o", tmp_path / output, "--images", demo / "images", "--json")
    if expected is None:
        assert ran.code == 2
        assert "Name it with --to" in ran.err
        assert "; found " in ran.err
        assert "; expected " in ran.err
    else:
        assert ran.json["formats"]["to"] == expected


def test_a_source_of_no_format_and_one_of_several_are_asked_for(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "odd.bin").write_bytes(b"odd")
    ran = run("convert", tmp_path / "odd.bin", "-o", tmp_path / "coco.json")
    assert ran.code == 1
    assert "this is of no format that is known; found .bin; expected case, coco, " in ran.err
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    (mixed / "a.json").write_text('{"images": [], "annotations": [], "categories": []}')
    (mixed / "b.json").write_text('{"shapes": [], "imagePath": "x.png"}')
    ran = run("convert", mixed, "-o", tmp_path / "yolo")
    assert ran.code == 2
    assert "found coco, labelme; expected one" in ran.err


def test_an_option_of_both_formats_is_told_apart(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    line = ["convert", demo / "outputs" / "nifti", "-o", tmp_path / "x", "--to", "nifti", "--images", demo / "images"]
    ran = run(*line, "--layout", "flat")
    assert ran.code == 2
    assert "found --layout; expected --from-layout, --to-layout" in ran.err
    assert run(*line, "--to-layout", "flat").code == 0
    told = run("convert", "--from", "nifti", "--to", "nifti", "--help").out
    assert "--from-layout" in told
    assert "--to-layout" in told
    assert " --layout" not in told


def test_a_choice_that_is_named_as_a_format_is_explained(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    ran = run("convert", demo / "masks", "-o", tmp_path / "x", "--to", "nnunet")
    assert ran.code == 2
    assert "It is a choice of another format: --to nifti --to-layout nnunet" in ran.err


def test_images_alone_are_no_annotations(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    ran = run("convert", demo / "images" / "ct", "-o", tmp_path / "seg.dcm")
    assert ran.code == 1
    assert "there are images among the sources, and no annotations" in ran.err
    assert not (tmp_path / "seg.dcm").exists()


def test_what_is_no_case_is_told_to_be_converted(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    for name in ("dicom-seg.dcm", "coco.json"):
        path = demo / "outputs" / name
        ran = run("to-fhir", path, "-o", tmp_path / "x.json")
        assert ran.code == 1
        assert f"`annoconv convert {path} -o OUT` reads it" in ran.err


def test_two_annotations_with_one_id_are_told_apart(run: Callable[..., Ran], tools: Path, tmp_path: Path) -> None:
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ LPS
    (tools / "b").mkdir()
    nibabel.save(nibabel.Nifti1Image(KIDNEY.T.astype(np.uint8), ras), tools / "b" / "liver.nii.gz")
    ran = run(
        *("convert", tools / "liver.nii.gz", tools / "b" / "liver.nii.gz", tools / "ct"),
        *("-o", tmp_path / "case.json", "--task", "T", "--losses", tmp_path / "losses.json"),
    )
    assert ran.code == 0, ran.err
    case = json.loads((tmp_path / "case.json").read_text("utf-8"))
    first, second = case["annotations"]
    assert first["id"] != second["id"]
    assert first["mask_file"] != second["mask_file"]
    held = [nibabel.load(tmp_path / each["mask_file"]).get_fdata() > 0 for each in case["annotations"]]
    assert (held[0].T == LIVER).all()
    assert (held[1].T == KIDNEY).all()
    told = json.loads((tmp_path / "losses.json").read_text("utf-8"))
    assert [(each["kind"], each["message"]) for each in told if each["path"] == "/annotations/1/id"] == [
        ("added", "the sources have no ids; LIVER stands for another annotation, and LIVER_2 for this one")
    ]
    assert not any(each["kind"] == "approximated" for each in told), "the files say no id, so none is lost"


def test_half_an_output_never_stands(run: Callable[..., Ran], tools: Path, tmp_path: Path) -> None:
    whole = (tools / "liver.nii.gz").read_bytes()
    (tools / "liver.nii.gz").write_bytes(whole[: len(whole) // 2])
    ran = run("convert", *sources(tools), "-o", tmp_path / "deep" / "seg.dcm", "--task", "T")
    assert ran.code == 1
    assert not (tmp_path / "deep").exists()


def test_members_of_the_start_of_a_document() -> None:
    assert members_of('[{"a": [{"b": [1, {"c": 2}]}], "d": "x{\\"y\\": 1}"') == {"a", "a/b", "d"}
    assert members_of('{"a": {"b": {"c": 1}}, "e": [], "f": 1') == {"a", "a/b", "e", "f"}


# --- plans, policies --------------------------------------------------------------------------------------------------


def test_a_plan_of_two_formats_and_one_of_cases(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    ran = run("plan", "nifti", "dicom-seg", "--json")
    assert ran.code == 0, ran.err
    rows = {row["part"]: (row["from"], row["to"]) for row in ran.json["plan"]}
    assert rows["polygon"] == ("carried", "carried")
    assert rows["mask"][1] == "in part"
    told = {row["part"]: row["to_reasons"] for row in ran.json["plan"]}
    (reason,) = told["polygon"]
    assert reason["reason"] == "a segment has no place for polygon; what is no mask has no segment"
    (reason,) = [each for each in told["mask"] if "confidence" in each["reason"]]
    assert "measurements" in reason["reason"]
    assert "tracking_id" not in reason["reason"], "a segment has one"
    assert all(why for part, why in told.items() if rows[part][1] != "yes"), "each has its reason"
    said = run("plan", "labelme", "coco").err
    assert "COCO has no place for texts" in said
    assert "labelme is not written" in said
    line = [demo / "case.json", "--images", demo / "images", "--plain"]
    planned = run("plan", *line, "--to", "dicom-seg", "--losses", tmp_path / "plan.json")
    done = run("to-dicom-seg", *line, "-o", tmp_path / "x.dcm", "--losses", tmp_path / "done.json")
    assert (planned.code, done.code) == (0, 0)
    assert (tmp_path / "plan.json").read_bytes() == (tmp_path / "done.json").read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["done.json", "plan.json", "x.dcm"]


def test_a_loss_that_the_policy_does_not_allow_stops(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    line = ["to-dicom-seg", demo / "case.json", "--images", demo / "images", "--plain", "-o", tmp_path / "x.dcm"]
    policy = tmp_path / "policy.txt"
    policy.write_text("# what the receiver does without\n* /annotations/*\nno_place /texts/*  # reports\n", "utf-8")
    ran = run(*line, "--losses-allowed", policy)
    assert ran.code == 3
    assert "no_place /case_id" in ran.err
    assert "no_place /texts" not in ran.err
    assert not (tmp_path / "x.dcm").exists()
    assert run("plan", *line[1:5], "--to", "dicom-seg", "--losses", tmp_path / "plan.json").code == 0
    assert run(*line, "--losses-allowed", tmp_path / "plan.json").code == 0
    policy.write_text("lost /x\n", "utf-8")
    ran = run(*line, "--losses-allowed", policy, "--overwrite")
    assert ran.code == 1
    assert "line 1: this line allows no loss; found lost /x" in ran.err


def test_losses_are_told_by_annotation_and_reason(run: Callable[..., Ran], demo: Path, tmp_path: Path) -> None:
    ran = run("to-dicom-seg", demo / "case.json", "--images", demo / "images", "--plain", "-o", tmp_path / "x.dcm")
    lines = ran.err.splitlines()
    assert lines[1].startswith("  /annotations/* (LES_1_BOX, LES_1_MR, CASE_GRADE, and 2 more): no_place: ")
    assert sum("direction" in line for line in lines) <= 1
    kept = run("to-dicom-seg", demo / "case.json", "--images", demo / "images", "-o", tmp_path / "y.dcm")
    assert "nothing is lost; 189 values travel in the private block (4143,1001)" in kept.err
    strict = ["to-dicom-seg", demo / "case.json", "--images", demo / "images", "--fail-on-loss"]
    assert run(*strict, "-o", tmp_path / "z.dcm").code == 0
    assert run(*strict, "-o", tmp_path / "w.dcm", "--plain").code == 3
