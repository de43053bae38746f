"""A package in an environment of its own adds a format and rules, and tries what it promises on itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CASE = {
    "task_id": "T",
    "image": {"uid": "p", "modality": "DX", "shape": [64, 48, 1]},
    "annotations": [
        {"id": "B1", "type": "bbox", "category": "lesion", "label_code": "NODULE", "bbox": [1.0, 2.0, 3.0, 4.0]}
    ],
    "metadata": {},
}


class Environment:
    """An environment that sees what is installed beside the tests, and what is laid out in it."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.folder = folder
        self.python = folder / "bin" / "python"
        (self.site,) = folder.glob("lib/python*/site-packages")
        own = sysconfig.get_path("purelib")
        (self.site / "beside.pth").write_text(f"import site; site.addsitedir({own!r})\n")

    def install(self, name: str, entries: dict[str, dict[str, str]], *modules: Path) -> None:
        """Lay out a distribution as an installer would."""
        metadata = self.site / f"{name.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines: list[str] = []
        for group, points in entries.items():
            lines += [f"[{group}]", *(f"{key} = {value}" for key, value in points.items()), ""]
        (metadata / "entry_points.txt").write_text("\n".join(lines))
        for module in modules:
            shutil.copy(module, self.site / ("boxes_csv.py" if module.name == "module.py" else module.name))

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run its Python."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL"))}
        return subprocess.run(
            [self.python, *arguments],
            env=clean | {"PYTHONUTF8": "1", "LANG": "C"},
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    if sys.platform == "win32":
        pytest.skip("laid out for POSIX")
    return Environment(tmp_path / "environment")


CSV = {"to-boxes-csv": "boxes_csv:to_boxes_csv", "from-boxes-csv": "boxes_csv:from_boxes_csv"}


def test_two_packages_do_not_share_a_name(environment: Environment) -> None:
    module = HERE / "boxes_csv" / "module.py"
    environment.install("hospital-a", {"annoconv.converters": CSV}, module)
    (environment.site / "other_csv.py").write_text(module.read_text("utf-8"), "utf-8")
    own = {"to-boxes-csv": "other_csv:to_boxes_csv", "to-coco": "other_csv:to_boxes_csv"}
    environment.install("hospital-b", {"annoconv.converters": own})
    (environment.folder / "case.json").write_text(json.dumps(CASE), "utf-8")
    for name, value in (("boxes-csv", "boxes_csv:to_boxes_csv"), ("coco", "annoconv_converters.coco:to_coco")):
        done = environment.run("-m", "annoconv", f"to-{name}", "case.json", "-o", "out.csv")
        assert done.returncode != 0
        assert f"the name to-{name} is taken" in done.stderr
        assert value in done.stderr
        assert "other_csv:to_boxes_csv" in done.stderr
        assert not (environment.folder / "out.csv").exists()
    helped = environment.run("-m", "annoconv", "--help")
    assert helped.returncode == 0
    assert "refused" in helped.stdout


@pytest.mark.parametrize(
    ("text", "command", "told"),
    [
        (b"[annoconv.converters]\nto-bad = no reference!!\n", ["formats"], "to-bad = no reference!!"),
        (b"[annoconv.converters]\nto-bad = no reference!!\n", ["--help"], "to-bad = no reference!!"),
        (b"[of.others]\nx = \xff\xfe\n", ["formats"], "UnicodeDecodeError"),
        (b"[annoconv.rules]\nbad =\n", ["validate", "case.json"], "bad ="),
    ],
)
def test_damaged_metadata_of_any_package_are_told(
    environment: Environment, text: bytes, command: list[str], told: str
) -> None:
    environment.install("damaged", {})
    (environment.site / "damaged-1.0.dist-info" / "entry_points.txt").write_bytes(text)
    (environment.folder / "case.json").write_text(json.dumps(CASE), "utf-8")
    done = environment.run("-m", "annoconv", *command)
    assert done.returncode == 1, done.stderr
    assert told in done.stderr
    assert "Install that package again, or uninstall it" in done.stderr


_FINDER = """
import sys
from importlib.util import spec_from_file_location

class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return spec_from_file_location(name, PLACE) if name == "boxes_csv" else None

sys.meta_path.append(Finder)
"""


def test_a_package_installed_for_editing_is_as_any(environment: Environment) -> None:
    place = environment.folder / "work" / "module.py"
    place.parent.mkdir()
    shutil.copy(HERE / "boxes_csv" / "module.py", place)
    environment.install("hospital", {"annoconv.converters": CSV})
    (environment.site / "editable_finder.py").write_text(f"PLACE = {str(place)!r}\n{_FINDER}")
    (environment.site / "editable.pth").write_text("import editable_finder\n")
    (environment.folder / "case.json").write_text(json.dumps(CASE), "utf-8")
    listed = environment.run("-m", "annoconv", "formats").stderr
    assert "boxes-csv     from to  Boxes in CSV" in listed
    done = environment.run("-m", "annoconv", "convert", "case.json", "-o", "out.csv", "--quiet")  # by its ending
    assert done.returncode == 0, done.stderr
    assert (environment.folder / "out.csv").is_file()


def test_a_package_adds_a_format_and_a_rule_and_keeps_its_promises(environment: Environment) -> None:
    environment.install(
        "hospital",
        {"annoconv.converters": CSV, "annoconv.rules": {"hospital": "hospital_rules"}},
        HERE / "boxes_csv" / "module.py",
        HERE / "plug_ins" / "hospital_rules.py",
    )
    tried = environment.run("-m", "annoconv.testing", "boxes-csv", "hospital")
    assert (tried.returncode, tried.stdout.splitlines()[-1]) == (0, "0"), tried.stdout + tried.stderr

    case = environment.folder / "case.json"
    case.write_text(json.dumps(CASE))
    answer = environment.run("-m", "annoconv", "validate", case, "--json", "--profile", "delivery")
    told = json.loads(answer.stdout)
    found = [each for each in told["findings"] if each["rule"].startswith("H-")]
    assert [(each["rule"], each["level"], each["path"]) for each in found] == [("H-1.side", "error", "/annotations/0")]
    assert found[0]["message"] == "the lesion B1 has no finding_site; add one, with its laterality"
    assert told["rules"]["packages"] == ["hospital"]
    chinese = environment.run("-m", "annoconv", "validate", case, "--lang", "zh")
    assert "病灶 B1 没有 finding_site" in chinese.stdout + chinese.stderr
    explained = environment.run("-m", "annoconv", "rule", "H-1.many")
    assert explained.returncode == 0
    assert "more than {most}" in explained.stdout + explained.stderr

    project = environment.folder / "project.json"
    rules = {"H-1.side": {"level": "off"}, "H-1.many": {"parameters": {"most": 0}}}
    project.write_text(json.dumps({"version": "1", "rules": rules}))
    answer = environment.run("-m", "annoconv", "validate", case, "--json", "--rules", project)
    messages = [each["message"] for each in json.loads(answer.stdout)["findings"] if each["rule"].startswith("H-")]
    assert messages == ["the case has 1 annotations, more than 0"]

    written = environment.run("-m", "annoconv", "convert", case, "-o", "boxes.csv", "--to", "boxes-csv")
    assert written.returncode == 0, written.stderr
    assert "NODULE" in (environment.folder / "boxes.csv").read_text()


def test_a_broken_package_is_told_each_promise(environment: Environment) -> None:
    environment.install(
        "broken",
        {
            "annoconv.converters": CSV
            | {
                "to-broken-csv": "broken_csv:to_broken_csv",
                "from-broken-csv": "broken_csv:from_broken_csv",
                "to-absent-csv": "no_such_module:to_absent_csv",
            },
            "annoconv.rules": {"broken": "broken_rules"},
        },
        HERE / "boxes_csv" / "module.py",
        HERE / "plug_ins" / "broken_csv.py",
        HERE / "plug_ins" / "broken_rules.py",
    )
    tried = environment.run("-m", "annoconv.testing", "broken-csv", "absent-csv", "broken")
    assert tried.returncode == 1, tried.stderr
    promises = {line.partition(":")[0] for line in tried.stdout.splitlines()[:-1]}
    assert promises >= {
        "loads",
        "signature",
        "options",
        "summary",
        "input_unchanged",
        "same_bytes",
        "whole_or_nothing",
        "no_silent_loss",
        "losses_are_told",
        "damage",
        "applies",
        "two_languages",
        "same_twice",
        "only_looks",
        "places",
    }, tried.stdout
    for line in tried.stdout.splitlines()[:-1]:
        assert len(line.partition(": ")[2]) > 20, line


def test_what_is_nearly_right_is_told_apart(environment: Environment) -> None:
    names = ("shifted", "mute", "twice")
    entries = {f"{side}-{name}": f"nearly:{side}_{name}" for name in names for side in ("to", "from")}
    modules = (HERE / "boxes_csv" / "module.py", HERE / "plug_ins" / "nearly.py")
    environment.install("nearly", {"annoconv.converters": entries}, *modules)
    found = {
        name: {
            line.partition(":")[0] for line in environment.run("-m", "annoconv.testing", name).stdout.splitlines()[:-1]
        }
        for name in names
    }
    assert found["shifted"] == {"same_voxels", "help"}
    assert found["mute"] == {"writes", "help"}
    assert "reads" in found["twice"]


def test_one_promise_that_is_not_kept_is_told_alone(environment: Environment) -> None:
    broken = {
        "reversing": {"input_unchanged"},
        "littering": {"whole_or_nothing"},
        "miscounting": {"losses_are_told"},
        "forgetting": {"every_case"},
        "talking": {"quiet"},
        "leaving": {"writes"},
        "tidying": {"reads"},
    }
    entries = {f"{side}-{name}": f"careless:{side}_{name}" for name in broken for side in ("to", "from")}
    modules = (HERE / "boxes_csv" / "module.py", HERE / "plug_ins" / "careless.py")
    environment.install("careless", {"annoconv.converters": entries}, *modules)
    for name, promises in broken.items():
        tried = environment.run("-m", "annoconv.testing", name)
        found = {line.partition(":")[0] for line in tried.stdout.splitlines()[:-1]}
        assert (found, tried.returncode) == (promises, 1), (name, tried.stdout, tried.stderr)
    assert environment.run("-m", "annoconv.testing").returncode == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_library\n", "no_such_library"),
        ("RULES = 3\n", "a list of objects"),
        ("RULES = [{'id': 'side'}]\n", "an id such as H-1.side"),
        ("RULES = [{'id': 'H-1.a', 'level': 'error'}]\n", "no message_en"),
        ("RULES = [{'id': 'H-1.a', 'level': 'grave', 'message_en': 'x'}]\n", "error, warning, info, off"),
        ("RULES = [{'id': 'H-1.a', 'level': 'error', 'message_en': 'x', 'why': 'y'}]\n", "why"),
        ("RULES = [{'id': 'H-1.a', 'level': 'error', 'message_en': '{a}', 'message_zh': '{b}'}]\n", "expected a"),
        ("RULES = [{'id': 'H-1.a', 'level': 'error', 'message_en': 'x', 'applies_to': 'Pakage'}]\n", "a class of the"),
        ("RULES = [{'id': 'A-C.3.duplicate_id', 'level': 'error', 'message_en': 'x'}]\n", "an id that annoconv has"),
        ("RULES = [{'id': 'H-1.a', 'level': 'error', 'message_en': 'x'}]\n", "no function"),
        (
            "from annoconv.rules import rule\nRULES = []\n@rule('H-1.a')\ndef a(subject):\n    yield from ()\n",
            "a function without an entry",
        ),
    ],
)
def test_rules_that_cannot_be_taken_are_an_error_and_no_silence(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from importlib.metadata import EntryPoint

    from annoconv.errors import AnnoconvError
    from annoconv.rules import added, engine

    (tmp_path / "wrong_rules.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "wrong_rules", raising=False)
    monkeypatch.setattr(engine, "_CHECKS", {key: dict(value) for key, value in engine._CHECKS.items()})
    point = EntryPoint("wrong", "wrong_rules", "annoconv.rules")
    monkeypatch.setattr(added, "entries_of", lambda group: [point])
    engine.catalogue.cache_clear()
    engine.added_rules.cache_clear()
    try:
        with pytest.raises(AnnoconvError) as raised:
            engine.catalogue()
        assert said in str(raised.value)
        assert "uninstall it" in str(raised.value)
    finally:
        engine.catalogue.cache_clear()
        engine.added_rules.cache_clear()
