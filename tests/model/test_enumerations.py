"""Enumerations that a clause spells out: each word of the clause is a member, each member is used in an example."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from enum import Enum

import pytest
from pydantic import BaseModel

from annoconv import model
from annoconv.documents import strict_json
from annoconv.documents.classes import class_of
from tests.model.validators import EXAMPLES

TITLES_ZH = {
    "TaskKind": {  # 8.1 a to e
        "anatomy": "解剖结构标注",
        "lesion": "病灶标注",
        "fusion": "多模态融合标注",
        "structured_report": "结构化报告标注",
        "text_image": "文本—图像跨模态标注",
    },
    "ReviewFindingKind": {  # 6.5.1: 病灶边界、器官轮廓、属性标注的正确性，漏标、误标或不一致
        "boundary": "边界问题",
        "contour": "轮廓问题",
        "attribute": "属性错误",
        "missed": "漏标",
        "false_positive": "误标",
        "inconsistent": "不一致",
        "label": "标签错误",
        "other": "其他",
    },
    "RegistrationKind": {  # 8.5.1.1: 刚体或仿射, 非线性（如 B-spline、Demon、SyN 等）
        "rigid": "刚体",
        "rigid_scale": "刚体缩放",
        "affine": "仿射",
        "b_spline": "B样条",
        "demons": "Demons",
        "syn": "SyN",
        "other_nonlinear": "其他非线性",
    },
    "AttributeKind": {  # 8.2.2 e: 强化特征、病理类型、分级、时间序列特征
        "morphology": "形态",
        "enhancement": "强化特征",
        "pathology_type": "病理类型",
        "grading": "分级",
        "temporal_change": "时间序列特征",
        "measurement": "测量",
        "other": "其他",
    },
}
"""Members by the words of the clause."""
WHOLLY_USED = [
    *TITLES_ZH,
    "AbsentReason",
    "AgreementMetric",
    "AssessmentDimension",
    "AssociationGranularity",
    "AssociationKeyKind",
    "AssociationProblemKind",
    "AuditAction",
    "Cardinality",
    "DeliverableSide",
    "DisposalKind",
    "ExclusionReason",
    "FileRole",
    "MetricStatus",
    "SemanticType",
    "TraceStage",
]


@pytest.fixture(scope="module")
def used() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in (EXAMPLES / "valid").glob("*.json"):
        for value in _members(strict_json.parse(path.read_bytes(), class_of)):
            found[type(value).__name__].add(value.value)
    return found


def _members(node: object) -> Iterator[Enum]:
    if isinstance(node, Enum):
        yield node
    for inner in (
        [value for _, value in node] if isinstance(node, BaseModel) else node if isinstance(node, list) else ()
    ):
        yield from _members(inner)


@pytest.mark.parametrize("name", TITLES_ZH)
def test_members_are_those_of_the_clause(name: str) -> None:
    schema = strict_json.loads((EXAMPLES.parents[1] / "generated/annoconv_model/annoconv.schema.json").read_bytes())
    assert schema["$defs"][name]["x-titles-zh"] == TITLES_ZH[name]


@pytest.mark.parametrize("name", WHOLLY_USED)
def test_each_member_is_in_an_example(name: str, used: dict[str, set[str]]) -> None:
    assert {member.value for member in getattr(model, name)} - used[name] == set()
