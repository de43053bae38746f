"""Outputs appear whole or not at all."""

import pytest

from annoconv.errors import OutputExistsError, UsageError
from annoconv.files.atomic import replacing


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def write_folder(path, text):
    (path / "inner").mkdir(parents=True)
    (path / "inner" / "case.json").write_text(text)


def test_file_appears_with_its_parents_and_keeps_its_suffixes(tmp_path):
    with replacing(tmp_path / "a" / "b" / "mask.nii.gz") as temporary:
        assert temporary.name.endswith("mask.nii.gz")
        temporary.write_text("whole")
        assert not (tmp_path / "a" / "b" / "mask.nii.gz").exists()
    assert names(tmp_path) == ["a", "a/b", "a/b/mask.nii.gz"]


def test_nothing_is_left_of_a_failure(tmp_path):
    def fail(write):
        with replacing(tmp_path / "a" / "out") as temporary:
            write(temporary)
            raise KeyboardInterrupt

    for write in (lambda path: path.write_text("half"), lambda path: write_folder(path, "half"), lambda path: None):
        with pytest.raises(KeyboardInterrupt):
            fail(write)
        assert names(tmp_path) == []


def test_existing_output_is_refused_and_untouched(tmp_path):
    target = tmp_path / "out"
    target.write_text("old")
    with pytest.raises(OutputExistsError), replacing(target):
        pytest.fail("the block must not run")
    assert target.read_text() == "old"


def test_output_that_appears_meanwhile_is_not_overwritten(tmp_path):
    target = tmp_path / "out"

    def race():
        with replacing(target) as temporary:
            temporary.write_text("new")
            target.write_text("somebody else's")

    with pytest.raises(OutputExistsError):
        race()
    assert target.read_text() == "somebody else's"
    assert names(tmp_path) == ["out"]


def test_a_dangling_link_counts_as_existing(tmp_path):
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputExistsError), replacing(tmp_path / "out"):
        pytest.fail("the block must not run")


def test_overwrite_replaces_file_and_folder(tmp_path):
    (tmp_path / "file").write_text("whatever it was")
    for text in ("old", "new"):
        with replacing(tmp_path / "file", overwrite=True) as temporary:
            temporary.write_text(text)
        with replacing(tmp_path / "folder", overwrite=True) as temporary:
            write_folder(temporary, text)
            (temporary / text).touch()
    assert (tmp_path / "file").read_text() == "new"
    folder = ["folder", "folder/.annoconv.json", "folder/inner", "folder/inner/case.json", "folder/new"]
    assert names(tmp_path) == ["file", *folder]


def test_failure_keeps_what_was_there(tmp_path):
    with replacing(tmp_path / "folder") as temporary:
        write_folder(temporary, "old")
    before = names(tmp_path)

    def fail():
        with replacing(tmp_path / "folder", overwrite=True) as temporary:
            write_folder(temporary, "new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert names(tmp_path) == before
    assert (tmp_path / "folder" / "inner" / "case.json").read_text() == "old"


def test_a_folder_is_not_replaced_by_a_file_nor_the_reverse(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError), replacing(tmp_path / "folder", overwrite=True) as temporary:
        temporary.touch()
    with pytest.raises(UsageError), replacing(tmp_path / "file", overwrite=True) as temporary:
        temporary.mkdir()
    assert names(tmp_path) == ["file", "folder"]
