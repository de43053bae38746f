"""Typical mistakes, each made on purpose: what is laid out in a folder, and the command that is typed there.

`docs/reference/mistakes.md` is the table of what annoconv says to each; `python -m tests.mistakes` writes it, and
`tests/test_mistakes.py` holds it to what is said. What a reader does next is written here by hand.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nibabel
import numpy as np
import pydicom
from PIL import Image
from pydicom.uid import UID

from annoconv.cli import main
from tests.cases import make

Document = dict[str, Any]
Layout = Callable[[Path], None]
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "mistakes.md"


@dataclass(frozen=True)
class Mistake:
    """A mistake: what it is, the command line, what the reader does next, and how the folder is made wrong."""

    en: str
    zh: str
    line: str
    then_en: str
    then_zh: str
    layout: Layout | None = None


MISTAKES: list[Mistake] = []


def lay_out(folder: Path) -> None:
    """Lay out what is right: a case, its mask and the CT series that it was drawn on."""
    make("axial", folder)


def case(change: Callable[[Document], object]) -> Layout:
    """Return what changes the case document."""

    def edit(here: Path) -> None:
        path = here / "case.json"
        document = json.loads(path.read_text("utf-8"))
        change(document)
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")

    return edit


def text(name: str, content: str, encoding: str = "utf-8") -> Layout:
    """Return what writes a file."""

    def write(here: Path) -> None:
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode(encoding))

    return write


def document(name: str, value: Any) -> Layout:
    """Return what writes a JSON document."""
    return text(name, json.dumps(value, ensure_ascii=False))


def first(**keys: Any) -> Layout:
    """Return what changes keys of the first annotation; None takes one away."""

    def change(whole: Document) -> None:
        annotation = whole["annotations"][0]
        for key, value in keys.items():
            annotation[key] = value
            if value is None:
                del annotation[key]

    return case(change)


def drawn(kind: str, **keys: Any) -> Layout:
    """Return what makes the first annotation one of another kind."""

    def change(whole: Document) -> None:
        old = whole["annotations"][0]
        kept = {key: old[key] for key in ("id", "label_code", "label_system", "category") if key in old}
        whole["annotations"] = [{**kept, "type": kind, **keys}]

    return case(change)


def image(**keys: Any) -> Layout:
    """Return what changes keys of the image."""
    return case(lambda whole: whole["image"].update(keys))


def remade(change: Callable[[np.ndarray[Any, Any], np.ndarray[Any, Any]], tuple[Any, Any]], **codes: int) -> Layout:
    """Return what writes the mask anew, of its voxels `ijk` and its affine."""

    def write(here: Path) -> None:
        path = mask_of(here)
        old: Any = nibabel.loadsave.load(path)
        voxels, affine = change(np.asarray(old.dataobj), np.array(old.affine))
        new: Any = nibabel.nifti1.Nifti1Image(voxels, affine)
        for form, code in codes.items():
            getattr(new, f"set_{form}")(affine, code)
        path.unlink()
        nibabel.loadsave.save(new, path)

    return write


def mask_of(here: Path) -> Path:
    """Return the mask file of the case."""
    whole = json.loads((here / "case.json").read_text("utf-8"))
    return here / str(whole["annotations"][0]["mask_file"])


def files(change: Callable[[Path], object]) -> Layout:
    """Return what changes files."""

    def act(here: Path) -> None:
        change(here)

    return act


def slices(here: Path) -> list[Path]:
    """Return the files of the series, in order of their names."""
    return sorted(each for each in (here / "images").rglob("*") if each.is_file())


def zipped(name: str) -> Layout:
    """Return what packs the case into an archive."""

    def pack(here: Path) -> None:
        with zipfile.ZipFile(here / name, "w") as archive:
            archive.write(here / "case.json", "case.json")

    return pack


def wrong(en: str, zh: str, line: str, then_en: str, then_zh: str, layout: Layout | None = None) -> None:
    """Add a mistake."""
    MISTAKES.append(Mistake(en, zh, line, then_en, then_zh, layout))


def coco(**keys: Any) -> Document:
    """Return a COCO file of one picture."""
    whole: Document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}],
        "categories": [{"id": 1, "name": "liver"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "area": 25, "iscrowd": 0}],
    }
    return whole | keys


def one(**keys: Any) -> list[Document]:
    """Return the annotations of a COCO file with one of them changed."""
    return [coco()["annotations"][0] | keys]


def retouched(source: Path, target: Path) -> None:
    """Write a slice of the same identity with another pixel."""
    dataset = pydicom.dcmread(source)
    pixels = dataset.pixel_array.copy()
    pixels[0, 0] += 1
    dataset.PixelData = pixels.tobytes()
    dataset.save_as(target)


def doubled(here: Path) -> None:
    """Write the series once more, as another one, into the same folder; lay the mask apart."""
    for number, source in enumerate(slices(here)):
        dataset = pydicom.dcmread(source)
        dataset.SeriesInstanceUID += ".2"
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"{dataset.SOPInstanceUID}.2")
        dataset.save_as(source.with_name(f"b{number}.dcm"))
    (here / "masks").mkdir(exist_ok=True)
    if mask_of(here).parent != here / "masks":
        shutil.copy(mask_of(here), here / "masks")


def yolo(lines: str) -> Layout:
    """Return what writes a data set of one picture."""

    def write(here: Path) -> None:
        for name, content in (("data.yaml", "names: [liver]\ntrain: images\n"), ("labels/a.txt", lines)):
            text(f"dataset/{name}", content)(here)
        (here / "dataset" / "images").mkdir()
        Image.new("L", (200, 100)).save(here / "dataset" / "images" / "a.png")

    return write


def labelme(kind: str, points: list[list[int]]) -> Document:
    """Return a LabelMe file of one shape."""
    shape = {"label": "liver", "shape_type": kind, "points": points, "group_id": None, "flags": {}}
    size = {"imagePath": "a.png", "imageHeight": 10, "imageWidth": 20}
    return {"version": "5.0", "flags": {}, "shapes": [shape], "imageData": None, **size}


VOC = (
    "<annotation><filename>a.png</filename><size><width>20</width><height>10</height><depth>1</depth></size>"
    "<object><name>liver</name><bndbox><xmin>{xmin}</xmin><ymin>2</ymin><xmax>{xmax}</xmax><ymax>5</ymax></bndbox>"
    "</object></annotation>"
)
FHIR: Document = {"resourceType": "Bundle", "type": "collection"}
GEOJSON: Document = {"type": "FeatureCollection", "features": []}

# --- the command line ---

wrong("a command misspelt", "命令拼写错误", "valdate case.json", "types `validate`", "改为输入 `validate`")
wrong(
    "an option misspelt",
    "选项拼写错误",
    "to-coco case.json -o out.json --overwrit",
    "types `--overwrite`",
    "改为 `--overwrite`",
)
wrong(
    "an option's value that is none",
    "选项取值不存在",
    "validate case.json --profile deliver",
    "takes one of the three profiles",
    "选用三个规则集之一",
)
wrong("no output named", "未指定输出", "to-coco case.json", "adds `-o out.json`", "补充 `-o out.json`")
wrong("no input named", "未指定输入", "to-coco -o out.json", "names the case", "指定病例文件")
wrong("a file name misspelt", "文件名拼写错误", "info casa.json", "types `case.json`", "改为 `case.json`")
wrong(
    "an empty folder",
    "空文件夹",
    "convert empty/ -o case.json",
    "names the folder with the files",
    "指定存有文件的文件夹",
    files(lambda here: (here / "empty").mkdir()),
)
wrong(
    "notes given as images",
    "把说明文件夹当作影像",
    "to-dicom-seg case.json --images notes -o seg.dcm",
    "names the DICOM folder",
    "指定 DICOM 文件夹",
    text("notes/readme.txt", "notes"),
)
wrong(
    "the output is there already",
    "输出已存在",
    "to-coco case.json -o out.json",
    "takes another name or `--overwrite`",
    "换一个名称，或加 `--overwrite`",
    text("out.json", "{}"),
)
wrong(
    "an ending of another format",
    "输出扩展名属于其他格式",
    "to-coco case.json -o out.xml",
    "writes `out.json`",
    "改写为 `out.json`",
)
wrong(
    "input and output are one file",
    "输入与输出为同一文件",
    "upgrade case.json -o case.json",
    "writes under another name",
    "写到另一个名称",
)
wrong(
    "a format that there is not",
    "格式不存在",
    "convert case.json --to nifty -o out",
    "types `--to nifti`",
    "改为 `--to nifti`",
)
wrong(
    "an output that tells no format", "无法由输出判断格式", "convert case.json -o out.xyz", "adds `--to`", "补充 `--to`"
)
wrong("a limit that there is not", "限值名称不存在", "info case.json --limit filez=3", "types `files`", "改为 `files`")
wrong("a limit that is no number", "限值不是数字", "info case.json --limit files=many", "writes a number", "写成数字")
wrong("a rule misspelt", "规则标识拼写错误", "rule duplikate_id", "takes the id that is named", "使用提示的标识")
wrong(
    "a time zone by its city",
    "以城市名写时区",
    "to-fhir case.json -o out.json --timezone Peking",
    "writes `+08:00`",
    "写成 `+08:00`",
)
wrong(
    "a time without zone",
    "时间缺少时区",
    "to-fhir case.json -o out.json --timestamp 2026-01-01T00:00:00",
    "adds the zone",
    "补充时区",
)
wrong(
    "--keep-going with one case",
    "单个病例使用 --keep-going",
    "info case.json --keep-going",
    "leaves it out",
    "去掉该选项",
)
wrong(
    "compression that bits cannot have",
    "二值分割不支持的压缩方式",
    "to-dicom-seg case.json --images images -o seg.dcm --compress rle",
    "adds `--type labelmap`",
    "加上 `--type labelmap`",
)
wrong(
    "standard output and --json",
    "同时输出到标准输出和 --json",
    "to-coco case.json -o -",
    "names a file",
    "指定输出文件",
)
wrong(
    "a preview that is no PNG",
    "预览图不是 PNG",
    "preview case.json --images images -o preview.jpg",
    "writes `preview.png`",
    "改写为 `preview.png`",
)

# --- files of other kinds ---

wrong(
    "a zip given as a case", "把压缩包当作病例", "validate case.zip", "unpacks it first", "先解压", zipped("case.zip")
)
wrong(
    "a zip given as a source",
    "把压缩包当作数据源",
    "convert case.zip -o out.json --to coco",
    "unpacks it first",
    "先解压",
    zipped("case.zip"),
)
wrong(
    "a PDF given as DICOM",
    "把 PDF 当作 DICOM",
    "from-dicom-seg report.pdf -o out.json",
    "names the segmentation",
    "指定分割文件",
    text("report.pdf", "%PDF-1.7 report"),
)
wrong(
    "a CT slice given as segmentation",
    "把 CT 切片当作分割",
    "from-dicom-seg slice.dcm -o out.json",
    "names the SEG, the CT with `--images`",
    "指定 SEG，CT 用 `--images`",
    files(lambda here: shutil.copy(slices(here)[0], here / "slice.dcm")),
)
wrong(
    "COCO given as a case",
    "把 COCO 当作病例",
    "validate coco.json",
    "reads it with `convert`",
    "用 `convert` 读取",
    document("coco.json", coco()),
)
wrong(
    "GeoJSON given as a case",
    "把 GeoJSON 当作病例",
    "to-coco outlines.json -o out.json",
    "reads it with `convert`",
    "用 `convert` 读取",
    document("outlines.json", GEOJSON),
)
wrong(
    "FHIR given as COCO",
    "把 FHIR 当作 COCO",
    "from-coco bundle.json -o out.json",
    "calls `from-fhir`",
    "改用 `from-fhir`",
    document("bundle.json", FHIR),
)
wrong("a case given as COCO", "把病例当作 COCO", "from-coco case.json -o out.json", "calls `to-coco`", "改用 `to-coco`")
wrong(
    "COCO given as FHIR",
    "把 COCO 当作 FHIR",
    "check-fhir coco.json",
    "names the FHIR resource",
    "指定 FHIR 资源",
    document("coco.json", coco()),
)
wrong(
    "a table given as a case",
    "把表格当作病例",
    "validate table.json",
    "names the case",
    "指定病例文件",
    text("table.json", "case_id,file\n1,a.nii.gz\n"),
)
wrong(
    "a comma missing in JSON",
    "JSON 缺少逗号",
    "validate case.json",
    "adds the comma at that line",
    "在所指行补充逗号",
    text("case.json", '{"task_id": "T"\n "image": {}}'),
)
wrong(
    "a key twice in JSON",
    "JSON 键重复",
    "validate case.json",
    "removes one of them",
    "删除其中一个",
    text("case.json", '{"task_id": "T", "task_id": "U"}'),
)
wrong(
    "a case in GBK",
    "病例以 GBK 编码",
    "validate case.json",
    "saves it as UTF-8",
    "另存为 UTF-8",
    text("case.json", '{"task_id": "肝脏"}', "gbk"),
)
wrong(
    "a case in UTF-16",
    "病例以 UTF-16 编码",
    "validate case.json",
    "saves it as UTF-8",
    "另存为 UTF-8",
    text("case.json", '{"task_id": "T"}', "utf-16"),
)
wrong("an empty file", "空文件", "validate case.json", "copies it again", "重新复制", text("case.json", ""))

# --- the case ---

wrong(
    "a required key left out",
    "缺少必需的键",
    "validate case.json",
    "adds `task_id`",
    "补充 `task_id`",
    case(lambda whole: whole.pop("task_id")),
)
wrong(
    "a key misspelt",
    "键拼写错误",
    "validate case.json",
    "writes `label_code`",
    "改为 `label_code`",
    case(lambda whole: whole["annotations"][0].update(lable_code=whole["annotations"][0].pop("label_code"))),
)
wrong(
    "a member of an enumeration misspelt",
    "枚举值拼写错误",
    "validate case.json",
    "writes `organ`",
    "改为 `organ`",
    first(category="orgen"),
)
wrong(
    "a Chinese label as code",
    "以中文名作标签编码",
    "validate case.json",
    "takes the code of the label",
    "改用标签编码",
    first(label_code="肝脏"),
)
wrong(
    "a number as text",
    "数字写成文本",
    "validate case.json",
    "takes off the quotation marks",
    "去掉引号",
    image(spacing=["1.5", "2", "3"]),
)
wrong(
    "null for what is not known",
    "未知项写成 null",
    "validate case.json",
    "leaves the key out",
    "删除该键",
    case(lambda whole: whole["annotations"][0].update(confidence=None)),
)
wrong(
    "a modality that is none", "影像模态不存在", "validate case.json", "writes `CT`", "改为 `CT`", image(modality="CTT")
)
wrong(
    "a time without zone in a case",
    "病例中的时间缺少时区",
    "validate case.json",
    "adds `+08:00`",
    "补充 `+08:00`",
    image(acquired_at="2026-01-02T08:30:00"),
)
wrong(
    "two annotations of one id",
    "标注标识重复",
    "validate case.json",
    "gives the second another id",
    "为第二个换用其他标识",
    case(lambda whole: whole["annotations"].append(dict(whole["annotations"][0]))),
)
wrong(
    "an image that the case lacks",
    "引用了病例中没有的影像",
    "validate case.json",
    "adds it to related_images",
    "将其加入 related_images",
    first(image_uid="1.2.3"),
)
wrong(
    "a box as x, y, width, height",
    "边界框写成 x、y、宽、高",
    "validate case.json",
    "writes the maxima",
    "改写为最大值",
    drawn("bbox", bbox=[6, 6, 4, 4], slice_index=1),
)
wrong(
    "a box outside the image",
    "边界框超出影像",
    "validate case.json",
    "corrects its numbers",
    "更正数值",
    drawn("bbox", bbox=[1, 1, 4000, 4], slice_index=1),
)
wrong(
    "a polygon of two points",
    "多边形只有两个点",
    "validate case.json",
    "adds points, or draws a polyline",
    "补充点，或改为折线",
    drawn("polygon", polygon=[[1, 1], [2, 2]], slice_index=1),
)
wrong(
    "a slice that there is not",
    "切片序号不存在",
    "validate case.json",
    "counts slices from 0",
    "切片从 0 计",
    drawn("bbox", bbox=[1, 1, 4, 4], slice_index=99),
)
wrong(
    "a mask file that is not there",
    "掩膜文件不存在",
    "validate case.json",
    "corrects mask_file",
    "更正 mask_file",
    first(mask_file="masks/lever.nii.gz"),
)
wrong(
    "a Windows path",
    "Windows 路径",
    "validate case.json",
    "writes `/` for `\\`",
    "用 `/` 代替 `\\`",
    case(
        lambda whole: whole["annotations"][0].update(
            mask_file=whole["annotations"][0]["mask_file"].replace("/", "\\")
            if "/" in whole["annotations"][0]["mask_file"]
            else "masks\\liver.nii.gz"
        )
    ),
)
wrong(
    "a mask outside the folder",
    "掩膜在文件夹之外",
    "validate case.json",
    "moves it beside the case",
    "将其移到病例旁",
    first(mask_file="../liver.nii.gz"),
)
wrong(
    "a shape as slice, row, column",
    "尺寸按切片、行、列书写",
    "validate case.json --images images",
    "writes columns, rows, slices",
    "改写为列、行、切片",
    case(lambda whole: whole["image"].update(shape=whole["image"]["shape"][::-1])),
)
wrong(
    "two spacings for a volume",
    "体数据只有两个间距",
    "validate case.json",
    "adds the distance of slices",
    "补充切片间距",
    image(spacing=[1.5, 2.0]),
)
wrong(
    "a direction that is no rotation",
    "方向矩阵不正交",
    "validate case.json",
    "copies the direction of the series",
    "照抄序列的方向",
    image(direction=[[1, 0, 0], [0.5, 1, 0], [0, 0, 1]]),
)
wrong(
    "a version that there is not",
    "数据模型版本不存在",
    "validate case.json",
    "upgrades the case or annoconv",
    "升级病例或 annoconv",
    case(lambda whole: whole.update(schema_version="9.0")),
)

# --- masks ---

wrong(
    "a mask of another series",
    "其他序列的掩膜",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "takes the mask of this series",
    "改用本序列的掩膜",
    remade(lambda voxels, affine: (voxels, affine @ np.diag([1.3, 1.3, 1.0, 1.0]))),
)
wrong(
    "a mask with LPS numbers in its affine",
    "掩膜仿射矩阵写成 LPS 数值",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "writes the affine in RAS",
    "按 RAS 书写仿射矩阵",
    remade(lambda voxels, affine: (voxels, np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine)),
)
wrong(
    "fractions in a mask",
    "掩膜含小数",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "adds `--type fractional`",
    "加上 `--type fractional`",
    remade(lambda voxels, affine: (voxels.astype(np.float32) * np.float32(0.5), affine)),
)
wrong(
    "a mask of four dimensions",
    "四维掩膜",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "saves one volume a file",
    "每个文件只存一个体数据",
    remade(lambda voxels, affine: (np.stack([voxels, voxels], axis=-1), affine)),
)
wrong(
    "a mask cut off",
    "掩膜文件不完整",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "copies it again",
    "重新复制",
    files(lambda here: mask_of(here).write_bytes(mask_of(here).read_bytes()[:-20])),
)
wrong(
    "a text renamed to .nii.gz",
    "文本改名为 .nii.gz",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "names the mask",
    "指定掩膜文件",
    files(lambda here: mask_of(here).write_text("no mask")),
)
wrong(
    "a packed text renamed to .nii.gz",
    "压缩文本改名为 .nii.gz",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "names the mask",
    "指定掩膜文件",
    files(lambda here: mask_of(here).write_bytes(gzip.compress(b"no mask" * 100))),
)
wrong(
    "a mask without a place",
    "掩膜没有空间位置",
    "from-nifti liver.nii.gz -o out.json",
    "adds `--no-place`, if that is right",
    "确认无误后加 `--no-place`",
    lambda here: (
        remade(lambda voxels, affine: (voxels, affine), sform=0, qform=0)(here),
        shutil.move(mask_of(here), here / "liver.nii.gz"),
    )[0],
)
wrong(
    "a mask value that the map lacks",
    "标签图中没有的取值",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "corrects mask_value",
    "更正 mask_value",
    first(mask_value=7),
)
wrong(
    "a segmentation without its series",
    "分割缺少源序列",
    "to-dicom-seg case.json -o seg.dcm",
    "adds `--images`",
    "补充 `--images`",
)

# --- images ---

wrong(
    "a slice missing",
    "缺少切片",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "fetches the slice, or adds `--allow-gaps`",
    "取回切片，或加 `--allow-gaps`",
    files(lambda here: slices(here)[2].unlink()),
)
wrong(
    "a slice cut off",
    "切片不完整",
    "check-images images",
    "fetches it again",
    "重新获取",
    files(lambda here: slices(here)[1].write_bytes(slices(here)[1].read_bytes()[:-100])),
)
wrong(
    "no image in the folder",
    "文件夹中没有影像",
    "check-images notes",
    "names the DICOM folder",
    "指定 DICOM 文件夹",
    text("notes/readme.txt", "notes"),
)
wrong(
    "the series of another study",
    "其他检查的序列",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "names the right series",
    "指定正确的序列",
    image(uid="1.2.840.99"),
)

# --- other formats ---

wrong(
    "a COCO category that is not listed",
    "COCO 类别未列出",
    "from-coco coco.json -o out.json",
    "adds the category",
    "补充类别",
    document("coco.json", coco(annotations=one(category_id=9))),
)
wrong(
    "a COCO box of negative width",
    "COCO 边界框宽度为负",
    "from-coco coco.json -o out.json",
    "corrects the box",
    "更正边界框",
    document("coco.json", coco(annotations=one(bbox=[5, 5, -2, 2]))),
)
wrong(
    "run lengths of another size",
    "游程编码与图像尺寸不符",
    "from-coco coco.json -o out.json",
    "writes the mask again",
    "重新写出掩膜",
    document("coco.json", coco(annotations=one(segmentation={"size": [10, 20], "counts": [5, 5]}, iscrowd=1))),
)
wrong(
    "two COCO pictures of one id",
    "COCO 图片标识重复",
    "from-coco coco.json -o out.json",
    "numbers them anew",
    "重新编号",
    document("coco.json", coco(images=[coco()["images"][0], coco()["images"][0]])),
)
wrong(
    "XML cut off",
    "XML 不完整",
    "from-cvat cvat.xml -o out.json",
    "exports it again",
    "重新导出",
    text("cvat.xml", "<annotations><image id='0'"),
)
wrong(
    "GeoJSON with a point for a polygon",
    "GeoJSON 多边形只有一个点",
    "from-geojson outlines.geojson -o out.json",
    "draws it again",
    "重新绘制",
    document(
        "outlines.geojson",
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[[1, 1]]]}}
            ],
        },
    ),
)

# --- many cases ---

wrong(
    "a pattern that nothing matches",
    "通配模式无匹配",
    "convert data/{case_id}/masks -o out/{case_id}.json",
    "corrects the pattern",
    "更正模式",
)
wrong(
    "a table that is not there",
    "表格不存在",
    "convert --manifest cases.csv --to coco",
    "corrects its name",
    "更正表格名称",
)
wrong(
    "a column that there is not",
    "表格列名不存在",
    "convert --manifest cases.csv --to coco",
    "writes `sources`",
    "改为 `sources`",
    text("cases.csv", "case_id,source,output\n1,case.json,a.json\n"),
)
wrong(
    "a table in GBK",
    "表格以 GBK 编码",
    "convert --manifest cases.csv --to coco",
    "saves it as UTF-8",
    "另存为 UTF-8",
    text("cases.csv", "case_id,sources,output\n病例,case.json,a.json\n", "gbk"),
)
wrong(
    "one reader alone",
    "只有一位标注者",
    "merge-readers case.json -o merged.json",
    "names a second reader's case",
    "再指定另一位标注者的病例",
)
wrong(
    "a policy of kinds that there are not",
    "丢失策略中的类型不存在",
    "to-coco case.json -o out.json --losses-allowed policy.json",
    "takes a kind of docs/reference/losses.md",
    "使用 docs/reference/losses.md 中的类型",
    document("policy.json", {"kinds": ["noplace"]}),
)
wrong(
    "another word in braces than case_id",
    "花括号中的词不是 case_id",
    "convert data/{id}/masks -o out/{id}.dcm",
    "writes `{case_id}`",
    "改为 `{case_id}`",
)
wrong(
    "a Windows path in a table",
    "表格中的 Windows 路径",
    "convert --manifest cases.csv --to coco",
    "writes `/` for `\\`",
    "用 `/` 代替 `\\`",
    text("cases.csv", "case_id,sources,output\n1,data\\case.json,a.json\n"),
)
wrong(
    "a table with semicolons",
    "表格以分号分隔",
    "convert --manifest cases.csv --to coco",
    "saves it with commas",
    "改用逗号分隔保存",
    text("cases.csv", "case_id;sources;output\n1;case.json;a.json\n"),
)
wrong(
    "several cases for one .dcm",
    "多个病例写入一个 .dcm",
    "to-dicom-seg case.json other.json --images images -o seg.dcm",
    "writes into a folder, `seg`",
    "写入文件夹 `seg`",
    files(lambda here: shutil.copy(here / "case.json", here / "other.json")),
)
wrong(
    "a format's name misspelt in a plan",
    "计划中的格式名拼写错误",
    "plan nifti dicomseg",
    "writes `dicom-seg`",
    "改为 `dicom-seg`",
)

# --- masks and images once more ---

wrong(
    "a mask without a voxel",
    "空掩膜",
    "validate case.json --profile exchange",
    "draws it, or takes the annotation out",
    "重新勾画，或删除该标注",
    remade(lambda voxels, affine: (voxels * 0, affine)),
)
wrong(
    "two files of one instance that differ",
    "同一实例有两个不同的文件",
    "to-dicom-seg case.json --images images -o seg.dcm",
    "leaves one of the two out",
    "去掉其中一个",
    files(lambda here: retouched(slices(here)[0], here / "images" / "again.dcm")),
)
wrong(
    "two series in one folder, none of them named",
    "同一文件夹中有两个序列且未指明",
    "from-nifti masks --images images -o out.json",
    "puts the right series into a folder of its own",
    "将正确的序列单独放入一个文件夹",
    files(lambda here: doubled(here)),
)
wrong(
    "a flipped direction",
    "方向翻转",
    "validate case.json --images images",
    "copies the direction of the series",
    "照抄序列的方向",
    image(direction=[[-1, 0, 0], [0, 1, 0], [0, 0, 1]]),
)

# --- other formats once more ---

wrong(
    "YOLO lines in pixels",
    "YOLO 坐标写成像素",
    "from-yolo dataset -o out.jsonl",
    "divides by width and height",
    "除以图像的宽和高",
    yolo("0 120 80 40 30\n"),
)
wrong(
    "a YOLO line of three numbers",
    "YOLO 行只有三个数",
    "from-yolo dataset -o out.jsonl",
    "adds the height",
    "补充高度",
    yolo("0 0.5 0.5 0.1\n"),
)
wrong(
    "a YOLO folder that data.yaml does not have",
    "data.yaml 所指的文件夹不存在",
    "from-yolo dataset -o out.jsonl",
    "corrects `train`",
    "更正 `train`",
    text("dataset/data.yaml", "names: [liver]\ntrain: pictures\n"),
)
wrong(
    "a VOC box turned inside out",
    "VOC 边界框最小值大于最大值",
    "from-pascal-voc voc -o out.jsonl",
    "writes the minima first",
    "先写最小值",
    text("voc/a.xml", VOC.format(xmin=9, xmax=3)),
)
wrong(
    "a VOC file without a size",
    "VOC 文件缺少尺寸",
    "from-pascal-voc voc -o out.jsonl",
    "adds `size`",
    "补充 `size`",
    text("voc/a.xml", re.sub("<size>.*</size>", "", VOC.format(xmin=3, xmax=9))),
)
wrong(
    "a LabelMe circle of one point",
    "LabelMe 圆只有一个点",
    "from-labelme labelme -o out.jsonl",
    "draws it again",
    "重新绘制",
    document("labelme/a.json", labelme("circle", [[3, 3]])),
)
wrong(
    "a LabelMe shape that there is not",
    "LabelMe 形状类型不存在",
    "from-labelme labelme -o out.jsonl",
    "writes `circle`",
    "改为 `circle`",
    document("labelme/a.json", labelme("circel", [[3, 3], [4, 4]])),
)
wrong(
    "Label Studio's CSV",
    "Label Studio 导出为 CSV",
    "from-label-studio export.csv -o out.jsonl",
    "exports JSON",
    "导出为 JSON",
    text("export.csv", "id,label\n1,liver\n"),
)
# --- reviews, rules, reports ---

wrong(
    "a decision that there is not",
    "审核结论不存在",
    "review case.json -o reviewed.json --decision acept --reviewer R9 --timestamp now",
    "writes `accept`",
    "改为 `accept`",
)
wrong(
    "a rejection without a finding",
    "退回但未说明问题",
    "review case.json -o reviewed.json --decision reject --reviewer R9 --timestamp now",
    "adds `--finding boundary`",
    "补充 `--finding boundary`",
)
wrong(
    "a rule of a project that there is not",
    "项目规则标识不存在",
    "validate case.json --rules rules.json",
    "takes the id that is named",
    "使用提示的标识",
    document("rules.json", {"version": "1", "rules": {"A-C.3.duplikate_id": {"level": "warning"}}}),
)
wrong(
    "a report as PDF",
    "报告写成 PDF",
    "report case.json -o report.pdf",
    "writes `report.html`, and prints that",
    "写成 `report.html` 后打印",
)
wrong(
    "more slices than none",
    "切片数量为负",
    "report case.json -o report.html --overlays -1",
    "writes 0 or more",
    "写 0 或更大的数",
)


SAID: dict[str, tuple[str, str, str]] = {
    "COCO given as a case": ("found what looks like COCO", "expected annotations, image", "annoconv convert SOURCE"),
    "FHIR given as COCO": ("found what looks like FHIR", "has a list of images", "name one, or read this file"),
    "a case given as COCO": ("found what looks like a case", "has a list of images", "name one, or read"),
    "COCO given as FHIR": ("found what looks like COCO", "expected resourceType", "Write resourceType"),
    "a table given as a case": ("found 'c'", "expected value at line 1", "correct it there"),
    "a comma missing in JSON": ("found '\"'", "expected `,` or `}` at line 2", "correct it there"),
    "a key twice in JSON": ("'task_id' stands twice", "line 1, column 28", "keep one of the two"),
    "a case in GBK": ("byte 0xB8", "not UTF-8", "save it as UTF-8"),
    "a case in UTF-16": ("UTF-16", "as UTF-8", "save it"),
    "an empty file": ("found nothing", "expected a JSON document", "copy it again"),
    "a required key left out": ("is missing", "required key 'task_id'", "add it"),
    "a key misspelt": ("'lable_code'", "is not known here", "did you mean label_code?"),
    "a member of an enumeration misspelt": ("found 'orgen'", "expected artefact", "did you mean organ?"),
    "a Chinese label as code": ("found '肝脏'", "expected code of a label", "write a code of the label system"),
    "a number as text": ("found '1.5'", "expected a number", "leave the quotation marks out"),
    "null for what is not known": ("null", "is not allowed", "leave the key out"),
    "a modality that is none": ("found 'CTT'", "expected CT", "did you mean CT?"),
    "a time without zone in a case": ("found '2026-01-02T08:30:00'", "expected a moment", "write it like"),
    "two annotations of one id": ("the id M1", "expected an id of its own", "give one of the two"),
    "an image that the case lacks": ("the UID 1.2.3", "the case has no image", "add it to related_images"),
    "a box as x, y, width, height": ("along x, y", "expected minima first", "never width and height"),
    "a box outside the image": ("1 .. 4000 along x", "from 0 to 16", "correct its numbers"),
    "a polygon of two points": ("found a list of 2 members", "expected at least 3", "add what is missing"),
    "a slice that there is not": ("slice_index is 99", "the image has 6", "count from 0"),
    "a mask without a voxel": ("no voxel of m.nii.gz", "belongs to the mask M1", "draw it, or take the annotation out"),
    "a flipped direction": ("[-1.5, 0, 0, -20]", "but the files have", "copy the geometry of the series"),
    "a mask file that is not there": ("masks/lever.nii.gz", "beside the case file", "or correct mask_file"),
    "a Windows path": ("found 'masks\\\\liver.nii.gz'", "with forward slashes", "masks/a.nii.gz"),
    "a mask outside the folder": ("found '../liver.nii.gz'", "never upwards", "beside the case or below it"),
    "a shape as slice, row, column": ("shape [6, 12, 16]", "have [16, 12, 6]", "order is (columns, rows, slices)"),
    "two spacings for a volume": ("has 2 numbers", "has 3 axes", "give one for each axis"),
    "a direction that is no rotation": ("dot product 1.25", "expected 1", "copy the direction"),
    "a version that there is not": ("version 9.0", "expected 1.0", "annoconv upgrade"),
    "a slice cut off": ("284 bytes", "384 bytes", "fetch the file again"),
    "a COCO category that is not listed": ("category 9", "expected 1", "add it to categories"),
    "two COCO pictures of one id": ("twice: 1", "apart", "number the records"),
}
"""Of findings, which have no parts: the words for what was found, for what was expected and for what to do."""


def said_to(mistake: Mistake, here: Path) -> tuple[dict[str, Any], int]:
    """Make a mistake in a folder, and return the first thing said, in both languages, and the exit code."""
    if mistake.layout is not None:
        mistake.layout(here)
    before, out = Path.cwd(), io.StringIO()
    os.chdir(here)
    try:
        with redirect_stdout(out), redirect_stderr(io.StringIO()):
            code = main([*mistake.line.split(), "--json", "--lang", "zh"])
    finally:
        os.chdir(before)
    answer = json.loads(out.getvalue().splitlines()[-1])
    findings = sorted(answer.get("findings", []), key=lambda each: (each["level"] != "error", "lable" not in str(each)))
    told = findings if mistake.en in SAID else answer["errors"]
    return {key: plain(value, here) for key, value in told[0].items()}, code


def plain(value: Any, here: Path) -> Any:
    """Return a text without the folder that it was said in."""
    return value.replace(f"{here.resolve()}/", "").replace(f"{here}/", "") if isinstance(value, str) else value


def page(folder: Path) -> str:
    """Return the table for people, made of what is said."""
    lines = [
        "# Typical mistakes",
        "",
        "Made on purpose, each with what annoconv says to it and what a reader does next. Never edited:",
        "`python -m tests.mistakes` writes the page, and a test holds it to what is said.",
        "常见错误：每项均列出 annoconv 的提示和读者接下来的做法。",
        "",
        "| mistake | typed | said | exit | next |",
        "|---|---|---|---|---|",
    ]
    for number, mistake in enumerate(MISTAKES, 1):
        here = folder / str(number)
        shutil.copytree(folder / "right", here)
        told, code = said_to(mistake, here)
        cells = (
            f"{mistake.en} {mistake.zh}",
            f"`annoconv {mistake.line}`",
            f"{told['message']}<br>{told['message_zh']}",
            str(code),
            f"{mistake.then_en} {mistake.then_zh}",
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        lay_out(Path(scratch, "right"))
        PAGE.write_text(page(Path(scratch)), "utf-8")
