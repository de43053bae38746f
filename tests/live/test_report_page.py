"""The quality report in a browser: it is read, spoken in another language, followed, on a desk and on a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annoconv.cli import main
from tests import peers
from tests.report.quality_cases import edit, two_readers

pytestmark = pytest.mark.peers

_ENGLISH, _CHINESE = "Not fit for the profile delivery", "不符合检查级别 delivery"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    readings = two_readers(folder)
    for each in readings:
        edit(each, lambda case: case.update(case_id="<script>console.error('taken')</script>"))
    target = folder / "report.html"
    main(["report", *map(str, readings), "--images", str(readings[0].parent / "images"), "-o", str(target), "--quiet"])
    return target


@pytest.fixture(params=[(1280, True), (390, True), (1280, False)], ids=["desk", "phone", "without-scripts"])
def shown(request: pytest.FixtureRequest, report: Path) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    width, scripts = request.param
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(peers.program("chromium")), args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
            said: list[str] = []
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on(
                "request",
                lambda asked: said.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None,
            )
            page.goto(report.as_uri())
            yield page
            assert said == []
        finally:
            browser.close()


def test_the_verdict_is_read_in_both_languages(shown: Any) -> None:
    verdict = shown.locator("#verdict")
    assert _ENGLISH in verdict.inner_text()
    assert _CHINESE not in verdict.inner_text()
    shown.get_by_text("中文", exact=True).click()
    assert _CHINESE in verdict.inner_text()
    assert _ENGLISH not in verdict.inner_text()
    assert shown.locator("#findings h2").inner_text() == "按条款列出的问题"


def test_a_finding_leads_to_its_slice(shown: Any) -> None:
    shown.locator("#findings").get_by_text("see the slice").first.click()
    figure = shown.locator("figure:target")
    assert figure.count() == 1
    assert figure.is_visible()
    box = figure.locator("img").bounding_box()
    assert box["width"] > 200
    assert -800 < box["y"] < 800


def test_nothing_is_wider_than_the_window(shown: Any) -> None:
    assert shown.locator("main").bounding_box()["width"] <= shown.viewport_size["width"]
    for each in shown.locator("h1, h2, p, figure, .text").all():
        box = each.bounding_box()
        assert box is None or box["x"] + box["width"] <= shown.viewport_size["width"]
