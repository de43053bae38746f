"""One label for the name of a class: the same in every file, never that of another name, and the very name again."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annoconv import codes
from annoconv.codes import UNCLASSIFIED, Labels, concept_of, is_label_code, own_code
from annoconv.model import Case, Label

KIDNEY = {"code": "64033007", "scheme": "SCT", "meaning": "Kidney"}
LEFT = {"code": "7771000", "scheme": "SCT", "meaning": "Left"}
MASS = {"code": "4147007", "scheme": "SCT", "meaning": "Mass"}

names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200).filter(str.strip)


def case_of(*labels: dict[str, Any]) -> Case:
    """Return a case with nothing but labels."""
    image = {"uid": "X", "modality": "OT"}
    return Case.model_validate({"task_id": "T", "image": image, "annotations": [], "metadata": {}, "labels": [*labels]})


@settings(deadline=None)  # the first call builds the model
@given(names, names)
@example("HER2+", "HER2-")
@example("肺结节一", "肺结节二")
@example("Tumor", "tumor")
@example("left  part", "left part")
@example("left part", "left part ")
@example("caf\u00e9", "cafe\u0301")
@example("🫁", "🫀")
@example("x" * 199, "x" * 200)
def test_two_names_never_share_a_code(one: str, other: str) -> None:
    labels = Labels.of()
    if one != other:
        assert own_code(one) != own_code(other)
        first, second = labels.of_names([(one, {}), (other, {})])
        assert first.code != second.code
        assert labels.name_of(first.code) == first.code


@settings(deadline=None)
@given(names)
@example("TUMOR_6BD1A4A1F0B84E1C")
@example(own_code("HER2+"))
@example("x" * 128)
@example("x" * 129)
@example("1")
def test_every_name_has_a_code_that_the_model_takes_and_comes_back(name: str) -> None:
    found = Labels.of().of_name(name)
    assert is_label_code(found.code)
    assert found.definition is not None or found.code == name
    if found.definition is not None:
        Label.model_validate(found.definition)
        assert Labels.of(case_of(found.definition)).name_of(found.code) == name


@settings(deadline=None)
@given(names)
def test_a_name_that_looks_like_a_code_of_ours_has_another(name: str) -> None:
    code = own_code(name)
    if code != name:
        assert own_code(code) not in {code, name}


def test_a_name_that_is_a_code_is_its_own() -> None:
    assert [own_code(name) for name in ("Tumor", "tumor", "T1", "x" * 128)] == ["Tumor", "tumor", "T1", "x" * 128]


def test_control_characters_are_not_in_a_name_but_tell_it_from_others() -> None:
    found, other = (Labels.of().of_name(name) for name in ("a\nb", "a b"))
    assert found.code != other.code
    assert found.definition == {"code": found.code, "name_en": "a b"}


@pytest.mark.parametrize("name", ["", " ", "\t"])
def test_what_has_no_name_is_unclassified(name: str) -> None:
    found = Labels.of().of_name(name)
    assert (found.code, found.definition) == (UNCLASSIFIED, None)
    assert found.known is not None
    assert found.known.name_zh == "未分类"


@pytest.mark.parametrize("name", ["KIDNEY_LEFT", "Left kidney", "左肾", "Left Kidney", "kidney_left", "left  kidney"])
def test_a_label_of_the_built_in_system_keeps_the_name_that_the_source_has_for_it(name: str) -> None:
    found = Labels.of().of_name(name)
    assert found.code == "KIDNEY_LEFT"
    if name == found.code:
        assert found.definition is None
        return
    assert found.definition is not None
    assert found.definition.items() >= codes.name_fields(name).items()
    assert (found.definition["concept"], found.definition["concept_modifiers"]) == (KIDNEY, [LEFT])
    assert Labels.of(case_of(found.definition)).name_of("KIDNEY_LEFT") == name


def test_names_of_one_label_stay_apart_within_a_file_in_any_order() -> None:
    found = {}
    for order in permutations(["Lung", "肺", "LUNG", "lung"]):
        for name, label in zip(order, Labels.of().of_names([(name, {}) for name in order]), strict=True):
            assert found.setdefault(name, label) == label
            if label.definition is not None:
                assert label.definition["concept"]["code"] == "39607008"
                assert Labels.of(case_of(label.definition)).name_of(label.code) == name
    assert len({label.code for label in found.values()}) == 4
    assert found["LUNG"].code == "LUNG"


def test_a_concept_tells_the_label_before_the_name_does() -> None:
    labels = Labels.of()
    found = labels.of_name("nephros sin.", {"concept": KIDNEY, "concept_modifiers": [LEFT]})
    assert found.code == "KIDNEY_LEFT"
    assert found.definition is not None
    assert Labels.of(case_of(found.definition)).name_of("KIDNEY_LEFT") == "nephros sin."
    other = {"concept": {"code": "300577008", "scheme": "SCT", "meaning": "Lesion of liver"}}
    assert labels.of_name("Liver", other).code == "Liver"
    assert labels.of_name("Liver", {"concept": {"code": "7", "scheme": "99HOUSE", "meaning": "Liver"}}).code == "LIVER"


def test_one_of_several_labels_of_a_concept_is_not_guessed() -> None:
    solid, ground_glass = (Label.model_validate({"code": code, "concept": MASS}) for code in ("SOLID", "GROUND_GLASS"))
    labels = Labels.of(label_system=(solid, ground_glass))
    assert labels.of_name("SOLID", {"concept": MASS}).code == "SOLID"
    # The built-in system has one label of the concept, and that is named so.
    assert labels.of_name("mass", {"concept": MASS}).code == "MASS"


def test_classes_of_one_name_and_two_meanings_are_two_labels_of_one_name() -> None:
    places = [{"region": {"code": str(n), "scheme": "SCT", "meaning": f"Place {n}"}} for n in (1, 2)]
    found = Labels.of().of_names([("Mass", {"concept": MASS, "finding_site": place}) for place in places])
    assert found[0].code == "MASS"
    assert found[1].code != "MASS"
    definitions = [each.definition or {} for each in found]
    assert [each["finding_site"] for each in definitions] == places
    labels = Labels.of(case_of(*definitions))
    assert [labels.name_of(each.code) for each in found] == ["Mass", "Mass"]


def test_the_cases_own_labels_come_first_then_the_tasks_then_the_built_in_ones() -> None:
    own, task = ({"code": "LIVER", "name_en": name} for name in ("Own", "Task"))
    system = (Label.model_validate(task), Label.model_validate({"code": "SPLEEN", "name_en": "Task"}))
    labels = Labels.of(case_of(own), system)
    told = {code: labels.get(code) for code in ("LIVER", "SPLEEN", "LUNG")}
    assert [label and label.name_en for label in told.values()] == ["Own", "Task", "Lung"]


def test_a_name_is_looked_up_in_the_tasks_label_system_first() -> None:
    system = (Label.model_validate({"code": "L1", "name_en": "Liver", "name_zh": "肝"}),)
    labels = Labels.of(label_system=system)
    assert [labels.of_name(name).code for name in ("Liver", "肝", "L1", "Lung")] == ["L1", "L1", "L1", "LUNG"]


def test_a_label_of_the_cases_authors_is_named_by_its_code() -> None:
    labels = Labels.of(case_of({"code": "SEGMENT_8", "name_zh": "肝右前叶上段"}))
    assert labels.name_of("SEGMENT_8") == "SEGMENT_8"
    assert labels.name_of("LIVER") == "LIVER"


@pytest.mark.parametrize("name", ["\x01", "a\x85b", "a\u2028b", "Lesion ", "\u3000x"])
def test_a_name_that_no_label_may_have_still_makes_a_label(name: str) -> None:
    found = Labels.of().of_name(name)
    label = Label.model_validate(found.definition)
    shown = label.name_en or label.name_zh
    assert shown == {"\x01": None, "a\x85b": "a b", "a\u2028b": "a b"}.get(name, name)


@pytest.mark.parametrize("scheme", ["U\x01UM", "TOO LONG A DESIGNATOR", "é"])
def test_a_concept_that_no_coding_scheme_writes_is_none(scheme: str) -> None:
    assert concept_of(scheme, "1", "liver") is None
    assert concept_of("SCT", "10200004", "liver") is not None
