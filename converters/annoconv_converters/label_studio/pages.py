"""Tasks of Label Studio with several pictures: a list in their data, and in each region which of them it is on.

Each picture is a case of its own, so a task of several is taken apart into one for each; a result keeps its place. What
belongs to no region, and what the task says beside its pictures, goes with the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.advice import CORRECT_FILE
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters.label_studio.pictures import pages_key, picture_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path as File

    from annoconv.documents.residuals import Path

__all__ = ["ToldTask", "pages_of"]

Record: TypeAlias = "dict[str, Any]"

_LISTS: Final = ("annotations", "completions", "predictions")
_INDEX: Final = "item_index"
"""Member of a result that counts the pictures of its task, from 0."""


@dataclass(frozen=True, slots=True)
class ToldTask:
    """A task, or what one of several pictures says.

    Attributes
    ----------
    task
        As it stands there.
    found
        Ids of the annotations that results belong to, by their places within the task; None of one that is none.
    picture
        Under which name its data has the picture.
    """

    task: dict[str, Any]
    found: Mapping[Path, str | None]
    picture: str | None

    @property
    def data(self) -> Record:
        """What it is about; of JSON_MIN, the task itself."""
        held = self.task.get("data")
        return held if isinstance(held, dict) else self.task


def pages_of(
    task: Record, where: Message, source: File, *, has_boxes: bool = False
) -> Iterator[tuple[Path, str | None, Record]]:
    """Yield for each picture of a task the steps to it, the key in the data that has it, and the task that it is.

    Where all of its regions are known to be boxes that say no more, none is on another picture than the first.

    Raises
    ------
    InputError
        If a region is on a picture that the task does not have.
    """
    held = task.get("data")
    results = [] if has_boxes else [result for name in _LISTS for result in _results(task, name)]
    pages = {result[_INDEX] for result in results if type(result.get(_INDEX)) is int}
    key = pages_key(held, is_asked=bool(pages - {0})) if isinstance(held, dict) else None
    if key is None or not isinstance(held, dict):
        yield (), picture_key(held if isinstance(held, dict) else task), task
        return
    names: list[Any] = held[key]
    stranger = next((page for page in sorted(pages) if not 0 <= page < len(names)), None)
    if stranger is not None:
        problem = "a region is on a picture that the task does not have"
        raise InputError(
            problem,
            source=source,
            where=where,
            found=stranger,
            expected=Message("0 to {count}", count=len(names) - 1),
            advice=CORRECT_FILE,
        )
    page_of = {str(each["id"]): each[_INDEX] for each in results if "id" in each and type(each.get(_INDEX)) is int}
    for page, name in enumerate(names):
        rest = task if page == 0 else {"id": task.get("id")}
        data = {**held, key: name} if page == 0 else {key: name}
        lists = {each: _on_page(task, each, page, page_of) for each in _LISTS if isinstance(task.get(each), list)}
        yield ("data", key, page), key, {**rest, "data": data, **lists}


def _results(task: Record, name: str) -> Iterator[Record]:
    for each in task.get(name) or ():
        listed = each.get("result") if isinstance(each, dict) else None
        yield from (result for result in listed or () if isinstance(result, dict))


def _on_page(task: Record, name: str, page: int, page_of: dict[str, int]) -> list[Any]:
    """Return annotations with those results that are on a picture, the others left empty; of those without, nothing."""
    found: list[Any] = []
    for each in task[name]:
        results = each.get("result") if isinstance(each, dict) else None
        if not results:
            found.append(each if page == 0 else {})
            continue
        kept = [_without_index(result) if _page(result, page_of) == page else None for result in results]
        found.append({**each, "result": kept} if page == 0 or any(kept) else {})
    return found


def _page(result: Any, page_of: dict[str, int]) -> int:
    """Return which picture a result is on: its own, that of the region that it is of, or that a relation is from."""
    index = result.get(_INDEX) if isinstance(result, dict) else None
    if type(index) is int:
        return index
    return page_of.get(str(result.get("id", result.get("from_id"))), 0) if isinstance(result, dict) else 0


def _without_index(result: Any) -> Any:
    return {key: value for key, value in result.items() if key != _INDEX} if isinstance(result, dict) else result
