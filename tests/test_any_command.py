"""Any tree of files, any command line: what was there is there afterwards, but for the files that the user named.

Free to change are a file (or a link) that `-o` or `--losses` names under `--overwrite`, and what annoconv itself wrote
before, if it is not the source. A refusal changes nothing at all.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from annoconv.cli import main
from annoconv.files.stage import is_stage
from tests.trees import ALL_READERS, READERS, WRITERS, Tree, pictures, prepare, source_of, suffix, tree

NAMES = [
    "case.json",
    "out",
    "out.json",
    "out.jsonl",
    "OUT.json",
    "out.annoconv.json",
    "out.masks/a",
    "out_images/a",
    "out/a",
    "new/deep/out.json",
    "l.json",
    "m.nii.gz",
]
"""What may lie around, and where outputs may go."""
PLACES = [".", "d", "d/out", "d/case.json", "d/m.nii.gz", "d/images", "d/./images/../m.nii.gz", "foreign", "empty"]
CONTENTS = ["not ours", "[]", "{}", '{"seal":{}}', "link to the case", "hard link to the mask", "folder"]
COMMANDS = [*["to", "from"] * 8, "upgrade", "upgrade", "schema", "validate", "info", "formats", "demo"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


def lay(place: Path, name: str, content: str) -> None:
    """Lay something at a name, if there is room."""
    path = place / name
    if path.exists() or any(each.exists() and not each.is_dir() for each in path.parents):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if content == "link to the case":
        path.symlink_to(place / "d" / "case.json")
    elif content == "hard link to the mask":
        path.hardlink_to(place / "d" / "m.nii.gz")
    elif content == "folder":
        path.mkdir()
    else:
        path.write_text(content)


def draw_command(data: st.DataObject, place: Path) -> tuple[list[str], str, str]:
    """Return the words of a command, its source and its output, both relative to the folder."""
    kind = data.draw(st.sampled_from(COMMANDS))
    source, output, words = "", "", [kind]
    outputs = [*NAMES, *PLACES, *(source_of(Path(), name).as_posix() for name in ALL_READERS), "from", "from/coco"]
    if kind in {"to", "from"}:
        name = data.draw(st.sampled_from(WRITERS if kind == "to" else ALL_READERS))
        usual = "d/case.json" if kind == "to" else source_of(Path(), name).as_posix()
        source = data.draw(st.sampled_from([usual] * 6 + ["d", "from", f"from/{name}", "foreign", "."]))
        endings = [f"new{suffix(name)}", f"out{suffix(name)}", f"d/out{suffix(name)}"] * 3
        output = data.draw(st.sampled_from([*outputs, *(endings if kind == "to" else ["new.json", "back"])]))
        words = [f"{kind}-{name}", str(place / source), *pictures(name, place)]
        words += ["--label-system", str(place / "labels.json")] if data.draw(st.booleans()) else []
    elif kind == "upgrade":
        source, output = "d/case.json", data.draw(st.sampled_from(outputs))
        words = [kind, str(place / source)]
    elif kind == "schema":
        output = data.draw(st.sampled_from(outputs))
    elif kind == "demo":
        output = data.draw(st.sampled_from([*PLACES, "out", "new", "m.nii.gz"]))
        return [kind, str(place / output)], source, output
    elif kind in {"validate", "info"}:
        source = data.draw(st.sampled_from(["d/case.json", "d", "foreign", "out.json"]))
        words = [kind, str(place / source)]
    return [*words, *(["-o", str(place / output)] if output else [])], source, output


def kept(before: Tree, source: str, named: set[str], *, overwrite: bool) -> Tree:
    """Return what may not change."""
    free = {name for name in named if overwrite and before.get(name, b"").startswith((b"file", b"link"))}
    for name in READERS if overwrite and source not in {".", "from"} else ():
        if not source.startswith(f"from/{name}"):
            free |= {each for each in before if each.startswith(f"from/{name}/")}
    return {name: what for name, what in before.items() if name not in free}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_tree_and_any_command_line(
    data: st.DataObject, prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("any") / "r"
    shutil.copytree(prepared, place, symlinks=True)
    for name in data.draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)):
        lay(place, name, data.draw(st.sampled_from(CONTENTS)))
    words, source, output = draw_command(data, place)
    losses = data.draw(st.none() | st.sampled_from([*NAMES, "d/case.json", "labels.json", "new.json", "d/l.json"]))
    overwrite = data.draw(st.booleans())
    words += ["--losses", str(place / losses)] if losses else []
    before = tree(place)
    code = main([*words, *(["--overwrite"] if overwrite else []), "--quiet"])
    after = tree(place)
    event(f"{words[0].split('-')[0]}: {code}")
    assert code in {0, 1, 2}, words
    named = {Path(name).as_posix() for name in (output, losses) if name}
    whole = before if code == 2 else kept(before, source, named, overwrite=overwrite)
    assert {name: after.get(name) for name in whole} == whole, words
    if code == 2 or (code == 1 and words[0] not in {"validate", "info"}):
        assert after == before, words
    assert not [name for name in after if any(map(is_stage, name.split("/")))]
    shutil.rmtree(place.parent)
