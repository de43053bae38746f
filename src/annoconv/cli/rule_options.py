"""The options of commands that apply rules or their bounds, such as `validate`, `report` and `review`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ChosenProfile", "LabelSystemFile", "ProfileName", "RulesFile", "TaskFile"]


class ProfileName(StrEnum):
    """Which rules apply, and how strictly."""

    MINIMAL = "minimal"
    EXCHANGE = "exchange"
    DELIVERY = "delivery"


ChosenProfile = Annotated[ProfileName, typer.Option(help="Which rules apply, and how strictly.")]
LabelSystemFile = Annotated[
    Path | None, typer.Option(metavar="PATH", help="The task's labels to check against, a .json file.")
]
RulesFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A project's own levels and numbers of rules, a .json file.")
]
TaskFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The task that cases are checked against, a .json file.")
]
