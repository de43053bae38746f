"""The quality report in a browser: it is read, spoken in another language, followed, on a desk and on a phone."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annoconv.cli import main
from tests import peers
from tests.report.quality_cases import edit, two_readers

pytestmark = pytest.mark.peers

_ARGUMENTS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
"""WebGL without a graphics card."""
_ENGLISH, _CHINESE = "Not fit for the profile delivery", "不符合规则集 delivery"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    readings = two_readers(folder)
    for each in readings:
        edit(each, lambda case: case.update(case_id="<script>console.error('taken')</script>"))
    target = folder / "report.html"
    images = ["--images", str(readings[0].parent / "images")]
    main(["report", *map(str, readings), *images, "-o", str(target), "--viewer", "--quiet"])
    return target


@pytest.fixture(params=[(1280, True), (390, True), (1280, False)], ids=["desk", "phone", "without-scripts"])
def shown(request: pytest.FixtureRequest, report: Path) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    width, scripts = request.param
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(peers.program("chromium")), args=_ARGUMENTS)
        try:
            page = browser.new_page(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
            said: list[str] = []
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on(
                "request",
                lambda asked: said.append(asked.url) if not asked.url.startswith(("file:", "data:", "blob:")) else None,
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


def test_nothing_is_cut_off_on_paper(shown: Any) -> None:
    shown.emulate_media(media="print")
    shown.set_viewport_size({"width": 700, "height": 990})  # A4 between margins
    for each in shown.locator(".sheet table").all():
        box = each.bounding_box()
        assert box is None or box["x"] + box["width"] <= 700


def test_the_two_reports_within_it_are_read(shown: Any) -> None:
    consistency = shown.locator("#consistency")
    assert "REG_MR_CT" in consistency.inner_text()
    assert "target_registration_error_mm 1.2" in consistency.inner_text()
    assert "No validation is recorded" in shown.locator("#validations").inner_text()


def test_volumes_are_shown_as_radiologists_look_at_them(shown: Any, report: Path) -> None:
    canvas = shown.locator("#volumes canvas")
    canvas.scroll_into_view_if_needed()
    if not shown.evaluate("document.querySelector('[data-volume]').disabled === false"):
        assert shown.locator("#volumes noscript").count() == 1  # without scripts the slices are there
        return
    ready = shown.locator("#volumes canvas[data-state=ready]")
    ready.wait_for(timeout=120_000)
    assert not shown.locator("#volumes .problem").is_visible()
    liver, spleen = _places(canvas, shown, (229, 115, 115), (115, 152, 229))
    assert liver[0] < spleen[0]  # the liver is on the patient's right, which is on the left of a picture
    assert shown.evaluate("annoconvViewer.niivue.opts.isRadiologicalConvention") is True
    shown.locator("[data-volume='1']").click()
    shown.locator("#volumes canvas[data-state=ready]").wait_for(timeout=120_000)
    assert shown.locator("[data-volume='1']").get_attribute("aria-pressed") == "true"
    assert shown.locator("[data-legend='1']").is_visible()
    assert not shown.locator("[data-legend='0']").is_visible()
    box = canvas.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= shown.viewport_size["width"]


def _places(canvas: Any, page: Any, *colours: tuple[int, int, int]) -> list[tuple[float, float]]:
    """Return the middle of what has each hue in the axial part of the picture: the lower left."""
    page.wait_for_timeout(1500)
    pixels = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB")).astype(int)
    axial = pixels[pixels.shape[0] // 2 :, : pixels.shape[1] // 2]
    found: list[tuple[float, float]] = []
    for colour in colours:
        high, low = int(np.argmax(colour)), int(np.argmin(colour))
        near = axial[..., high] - axial[..., low] > 40
        near &= np.argmax(axial, axis=-1) == high
        near &= axial.min(axis=-1) > 60  # not the cross
        rows, columns = np.nonzero(near)
        assert rows.size > 100
        found.append((float(columns.mean()), float(rows.mean())))
    return found
