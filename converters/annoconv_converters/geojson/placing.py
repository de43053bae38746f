"""On which picture the features of a file of ours are that do not say it: QuPath drops what it does not know.

The side file knows of each record what it said, on which picture. What a feature says, and after that its id, tells its
picture if only one has that; never its place among the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.codes import Labels
from annoconv_converters._pictures.categories import Categories
from annoconv_converters._pictures.records import Picture
from annoconv_converters._pictures.said import said_of
from annoconv_converters.geojson.features import FeatureFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps

__all__ = ["pictures_of"]

Record: TypeAlias = "dict[str, Any]"


def pictures_of(features: Sequence[tuple[Steps, Record]], told: Iterable[Record], path: Path) -> list[str | None]:
    """Return the name of the picture that each feature was on; None if that is not known.

    Parameters
    ----------
    features
        With their places.
    told
        Pictures of a side file: `file_name`, and in `annotations` the keys of their records.
    path
        The file.

    Raises
    ------
    InputError
        If a geometry cannot be understood.
    """
    names: dict[Any, set[str]] = {}
    for picture in told:
        for key in picture["annotations"]:
            said = key.get("said")
            if isinstance(said, list) and len(said) == 4:
                for mark in (tuple(map(str, said[:3])), tuple(map(str, said[:3:2])), key.get("number")):
                    names.setdefault(mark, set()).add(picture["file_name"])
    file = FeatureFile(path)
    sized = Picture({"file_name": "", "width": 0})  # ours have a size, so that several outlines are a mask
    shapes = [list(file.shapes(feature, place, sized)) for place, feature in features]
    categories = Categories(file.categories, Labels.of())
    found: list[str | None] = []
    for some in shapes:
        said = [said_of(each, categories.name_of(each.record["category_id"])) for each in some]
        marks: list[Any] = [tuple(each[:3]) for each in said] + [tuple(each[:3:2]) for each in said]
        marks += [str(each.record["id"]) for each in some]
        named = (names.get(mark, set()) for mark in marks)
        found.append(next((next(iter(each)) for each in named if len(each) == 1), None))
    return found
