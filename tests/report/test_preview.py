"""`annoconv preview`: one picture for one case, a folder for many, names in any script, errors that help."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageFont

import annoconv
from annoconv.casefile import LoadedCase
from annoconv.cli import main
from annoconv.demo.case import make as make_demo
from annoconv.errors import InputError, UsageError
from annoconv.geometry import Grid
from annoconv.report.fonts import Font, font_of
from annoconv.report.preview import preview
from tests.report.scenes import case_of, flat, on_image, with_masks

BOX = {"type": "bbox", "bbox": [1, 1, 9, 9]}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    make_demo(folder)
    return folder


def run(capsys, *arguments):
    code = main([str(each) for each in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_case_becomes_one_picture_and_the_same_bytes(demo, tmp_path, capsys):
    for name in ("a.png", "b.png"):
        code, _, said = run(
            capsys,
            "preview",
            demo / "case.json",
            "--images",
            demo / "images",
            "-o",
            tmp_path / name,
            "--font",
            "built-in",
        )
        assert (code, "wrote" in said) == (0, True)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Pillow.open(tmp_path / "a.png") as picture:
        assert (picture.format, picture.mode) == ("PNG", "RGB")
    loaded = annoconv.read_case(demo / "case.json")
    assert preview(loaded, images=[demo / "images"], font="built-in").png == (tmp_path / "a.png").read_bytes()


def test_the_demo_has_the_middle_of_its_liver_and_of_its_nodule(demo):
    found = preview(annoconv.read_case(demo / "case.json"), images=[demo / "images"], font="built-in")
    chosen = {label: (panel.index, panel.view.name) for panel in found.panels for label in panel.labels}
    assert chosen["LIVER"] == (10, "axial")  # its ellipsoid is centred there
    assert chosen["SPLEEN"] == (11, "axial")
    assert [panel.window for panel in found.panels[:2]] == ["W 400 L 40 (abdomen)"] * 2


def test_many_cases_become_a_folder(demo, tmp_path, capsys):
    document = json.loads((demo / "case.json").read_text("utf-8"))
    lines = [json.dumps({**document, "case_id": name, "annotations": []}) for name in ("one", "two")]
    (tmp_path / "cases.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    code, out, _ = run(
        capsys, "preview", tmp_path / "cases.jsonl", "--images", demo / "images", "-o", tmp_path / "out", "--json"
    )
    assert code == 0
    assert sorted(each.name for each in (tmp_path / "out").glob("*.png")) == ["one.png", "two.png"]
    told = json.loads(out)["previews"]
    assert [(each["case_id"], each["picture"]) for each in told] == [("one", "one.png"), ("two", "two.png")]
    assert [each["index"] for each in told[0]["slices"]] == [10]
    code, _, said = run(
        capsys, "preview", tmp_path / "cases.jsonl", "-o", tmp_path / "x.png", "--images", demo / "images"
    )
    assert code == 2
    assert "several cases" in said
    assert "folder" in said
    assert not (tmp_path / "x.png").exists()


def test_an_existing_picture_is_refused_and_another_ending_too(demo, tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(b"mine")
    assert run(capsys, "preview", demo / "case.json", "-o", tmp_path / "a.png")[0] == 2
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    code, _, said = run(capsys, "preview", demo / "case.json", "-o", tmp_path / "a.jpg")
    assert code == 2
    assert all(each in said for each in (".jpg", ".png"))


def test_a_case_of_texts_alone_is_told_so(tmp_path):
    span = {"type": "text_span", "text_id": "R", "start": 0, "end": 4, "text": "mass", "semantic_type": "sign"}
    texts = [{"id": "R", "kind": "exam_report", "language": "en", "content": "mass"}]
    case = case_of({"uid": "I", "modality": "CT"}, span, texts=texts)
    with pytest.raises(InputError, match="nothing to show") as raised:
        preview(LoadedCase(case))
    assert "text_span" in str(raised.value)
    assert "--images" in str(raised.value)
    assert "没有可显示的内容" in raised.value.text("zh")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"window": "40"}, ("window", "40,400", "lung")),
        ({"window": "40,-1"}, ("window", "40,400")),
        ({"size": 8}, ("16", "4096")),
        ({"slices": 0}, ("slices",)),
    ],
)
def test_numbers_that_are_none_are_refused(options, words):
    with pytest.raises(UsageError) as raised:
        on_image(flat(20, 20), BOX, **options)
    assert all(each in str(raised.value) for each in words)
    assert raised.value.text("zh") != str(raised.value)


def test_a_file_that_is_no_font_is_refused(tmp_path):
    (tmp_path / "a.ttf").write_bytes(b"no font")
    for path in (tmp_path / "a.ttf", tmp_path / "absent.ttf"):
        with pytest.raises(InputError, match="font") as raised:
            font_of(path)
        assert "--font" in str(raised.value)


@pytest.fixture
def font_file(tmp_path):
    """Return a TrueType font that holds Latin letters beyond Latin-1, and no Chinese: Pillow's own."""
    told = ImageFont.load_default(12)
    assert isinstance(told.path, io.BytesIO)
    path = tmp_path / "font.ttf"
    path.write_bytes(told.path.getvalue())
    return path


def named(name_en, name_zh):
    return [{"code": "NODULE", "category": "lesion", "name_en": name_en, "name_zh": name_zh}]


def test_names_are_written_where_a_font_has_them_and_codes_where_none_has(font_file):
    def told(labels, **options):
        return preview(LoadedCase(case_of(flat(20, 20), BOX, labels=labels)), **options)

    def is_code(found):
        return any("NODULE" in each for each in found.notices)

    assert not is_code(told(named("Knoten", None), font="built-in"))
    assert not is_code(told(named("Läsion", None), font="built-in"))
    assert not is_code(told(named("Knoten", "结节"), font="built-in"))
    assert is_code(told(named("Knoten", "结节"), font="built-in", lang="zh"))
    assert is_code(told(named(None, "结节"), font="built-in"))
    assert is_code(told(named("“Knoten” ™", None), font="built-in"))
    assert not is_code(told(named("“Knoten” ™", None), font=font_file))
    assert is_code(told(named("结节", None), font=font_file))


def test_latin_letters_are_the_same_whatever_font_is_named(font_file):
    labels = named("Nodule", None)
    case = LoadedCase(case_of(flat(20, 20), BOX, labels=labels))
    assert preview(case, font="built-in").png == preview(case, font=font_file).png
    plain = Font()
    assert plain.can_write("LIVER_1 é")
    assert not plain.can_write("肝")
    assert plain.written("H").shape[0] == 14
    assert plain.written("H").any()


def test_a_case_is_not_changed_and_a_notebook_shows_its_picture(tmp_path):
    case = case_of(flat(20, 20), BOX)
    before = case.model_dump_json()
    found = preview(LoadedCase(case), font="built-in")
    assert case.model_dump_json() == before
    assert found._repr_png_()[:8] == b"\x89PNG\r\n\x1a\n"
    assert repr(found).startswith("Preview(1 slices, ")
    found.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == found.png
    with pytest.raises(annoconv.OutputExistsError):
        found.save(tmp_path / "a.png")
    with pytest.raises(UsageError):
        found.save(tmp_path / "a.gif")


def test_what_was_rejected_is_not_drawn_and_counted():
    found = on_image(flat(20, 20), {**BOX, "status": "rejected"}, {**BOX, "bbox": [3, 3, 5, 5]})
    assert len(found.panels[0].strokes) == 1
    assert any(each.startswith("1 annotations are not drawn") for each in found.notices)


def test_masks_of_a_related_image_have_panels_of_their_own(demo):
    found = preview(annoconv.read_case(demo / "case.json"), font="built-in")
    assert len({panel.image_uid for panel in found.panels}) == 2
    assert sum("no image was named" in each for each in found.notices) == 2


def test_a_mask_with_another_grid_is_refused_or_brought_there():
    image = {"uid": "I", "modality": "CT", "shape": [6, 5, 4], "spacing": [1, 1, 1], "origin": [0, 0, 0]}
    image |= {"direction": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "coordinate_frame": "LPS"}
    mask = np.zeros((4, 5, 6), np.uint8)
    mask[1, 0, 0] = 1
    turned = np.diag([1.0, 1.0, -1.0, 1.0])
    turned[2, 3] = 3
    assert with_masks(image, Grid((6, 5, 4), turned), [mask]).panels[0].index == 2
    with pytest.raises(annoconv.GeometryError):
        with_masks(image, Grid((6, 5, 4), np.diag([1.5, 1.0, 1.0, 1.0])), [mask])


def test_the_committed_pictures_are_small_and_that_of_the_demo_is_made_so(demo):
    folder = Path(__file__).parents[2] / "docs" / "pictures"
    assert len(sorted(folder.glob("preview-*.png"))) == 4
    assert all(each.stat().st_size < 300_000 for each in folder.glob("preview-*.png"))
    found = preview(annoconv.read_case(demo / "case.json"), images=[demo / "images"], size=240, font="built-in")
    with Pillow.open(folder / "preview-demo.png") as picture:
        committed = np.asarray(picture)
    assert committed.shape == found.pixels.shape
    # another Pillow may round an interpolated grey level otherwise
    assert np.abs(committed.astype(int) - found.pixels).max() <= 2
