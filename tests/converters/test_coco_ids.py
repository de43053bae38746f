"""Ids and cases of COCO files, of which there may be millions: packed, and told apart as if they were not."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from annoconv_converters.coco.output import Numbers
from hypothesis import given
from hypothesis import strategies as st

from annoconv import registry

if TYPE_CHECKING:
    from pathlib import Path


def given_out(wanted: list[Any]) -> list[Any]:
    """Return the ids that are given out, by a set of all of them."""
    taken: set[Any] = set()
    last, found = 0, []
    for each in wanted:
        number = each
        if type(each) not in {int, str} or each in taken:
            last += 1
            while last in taken:
                last += 1
            number = last
        taken.add(number)
        found.append(number)
    return found


@given(
    st.lists(st.integers(-2, 9) | st.sampled_from(["1", "a", None, 1.0, True, 17, 18, (1 << 20), (1 << 26), 1 << 70]))
)
def test_an_id_is_given_out_once(wanted: list[Any]) -> None:
    numbers = Numbers()
    assert [numbers.take(each) for each in wanted] == given_out(wanted)
    assert numbers.last + 1 not in given_out(wanted)


def test_pictures_of_a_case_are_found_wherever_they_stand(tmp_path: Path) -> None:
    names = [f"{series}_k{index:04d}.png" for series in ("b", "a", "c") for index in range(3)] + ["x.png", "y.png"]
    random.Random(1).shuffle(names)
    images = [{"id": number, "file_name": name, "width": 4, "height": 4} for number, name in enumerate(names, 1)]
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"images": images, "annotations": [], "categories": []}))
    first = list(dict.fromkeys(name.partition("_k")[0].removesuffix(".png") for name in names))
    found = [(one.case.image.uid, one.case.image.shape) for one in registry.read([path], format="coco")]
    assert found == [(each, [4, 4] if each in "xy" else [4, 4, 3]) for each in first]
