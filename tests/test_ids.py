"""Derived identifiers: stable for ever, distinct where they must be."""

import re
import unicodedata
import uuid

from hypothesis import given
from hypothesis import strategies as st

from annoconv import ids


def test_namespace_and_form_never_change():
    assert str(ids.NAMESPACE) == str(uuid.uuid5(uuid.NAMESPACE_URL, "https://w3id.org/annoconv/schema"))
    by_hand = uuid.uuid5(ids.NAMESPACE, '["tracking","1.2.3","病灶_1"]')
    assert ids.tracking("1.2.3", "病灶_1") == f"2.25.{by_hand.int}"


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_different_parts_give_different_uids(left, right):
    assert (ids.uid(*left) == ids.uid(*right)) == (left == right)
    assert ids.is_dicom_uid(ids.uid(*left))
    assert len(ids.uid(*left)) <= 44


def test_roles_differ_for_the_same_content():
    derived = [ids.study("1.2"), ids.frame_of_reference("1.2"), ids.source_series(["1.2"]), ids.uid("1.2")]
    assert len(set(derived)) == len(derived)


def test_source_series_does_not_depend_on_the_order_of_files():
    assert ids.source_series(["1.2", "1.3"]) == ids.source_series(iter(["1.3", "1.2"]))


def test_instances_of_a_series_differ():
    series_uid = ids.series("dicom-seg", "1.2.3", ids.content_digest(b"mask"))
    assert ids.instance(series_uid, 1) != ids.instance(series_uid, 2)


def test_digest_keeps_borders():
    assert ids.content_digest(b"ab", b"c") != ids.content_digest(b"a", b"bc")


def test_form_of_a_dicom_uid():
    for good in ("1.2", "2.25.0", "1.2.840.10008.5.1.4.1.1.2"):
        assert ids.is_dicom_uid(good)
    for bad in ("", "1", "1.", "1.02", "3.1", "CT_00123", "1.2\n", "1.٢", "1." * 31 + "111"):
        assert not ids.is_dicom_uid(bad), bad


@given(st.text(max_size=300), st.text(max_size=300))
def test_safe_names(left, right):
    name = ids.safe_name(left)
    assert re.fullmatch(r"[^\W\s].*", name) or unicodedata.category(name[0])[0] in "LMN"
    assert all(each in "._-" or unicodedata.category(each)[0] in "LMN" for each in name)
    assert len(name.encode()) <= 100
    assert not name.endswith(".")
    assert (name == ids.safe_name(right)) == (left == right)
    assert ids.safe_name(name) == name


def test_safe_names_by_example():
    assert ids.safe_name("LESION_01.a-b") == "LESION_01.a-b"
    assert "/" not in ids.safe_name("../../etc/passwd")
    assert ids.safe_name("NUL.nii") != "NUL.nii"
    assert ids.safe_name("病例一") == "病例一"
    assert ids.safe_name("病例 一") != ids.safe_name("病例_一")
    assert len(ids.safe_name("肝" * 200).encode()) <= 100


def test_names_of_cases_keep_letters_of_any_script_and_have_no_digest():
    assert ids.case_name("病例 001") == "病例_001"
    assert ids.case_name("Müller/Ärztin") == "Müller_Ärztin"
    assert ids.case_name("..") != ".."
    assert ids.case_name("") != ""
    assert ids.case_name("NUL") != "NUL"
