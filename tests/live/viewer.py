"""OHIF, served before an archive and driven in a headless Chromium: what it shows is asked of its own services.

`npm i @ohif/app@3.13.2` where ANNOCONV_NODE_MODULES is (204 MB), the Debian package chromium, `pip install playwright`.
"""

from __future__ import annotations

import http.server
import mimetypes
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import peers

if TYPE_CHECKING:
    from tests.live.archive import Archive

_SETTINGS = """window.config = {routerBasename: null, showStudyList: true, extensions: [], modes: [],
customizationService: {}, maxNumberOfWebWorkers: 1, showWarningMessageForCrossOrigin: false,
strictZSpacingForVolumeViewport: true, investigationalUseDialog: {option: 'never'}, defaultDataSourceName: 'dicomweb',
dataSources: [{namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'dicomweb', configuration:
{friendlyName: 'archive', name: 'archive', wadoUriRoot: '/wado', qidoRoot: '/dicom-web', wadoRoot: '/dicom-web',
qidoSupportsIncludeField: false, imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true,
omitQuotationForMultipartRequest: true, bulkDataURI: {enabled: true}}}]};"""
_ARGUMENTS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
_READY = "window.services?.displaySetService?.getActiveDisplaySets().length > 0"
_FIND = """uid => {
  const of = one => [one, one.instance, ...(one.instances || [])].map(each => each?.SOPInstanceUID);
  const all = window.services.displaySetService.getActiveDisplaySets();
  return all.find(one => of(one).includes(uid))?.displaySetInstanceUID;
}"""
_OPEN = """id => {
  const grid = window.services.viewportGridService;
  const update = window.services.hangingProtocolService.getViewportsRequireUpdate(grid.getActiveViewportId(), id);
  grid.setDisplaySetsForViewports(update);
}"""


def app() -> Path:
    """Return the folder of the built viewer, or skip (fail in CI) the test that needs it."""
    found = Path(os.environ.get("ANNOCONV_NODE_MODULES") or "node_modules", "@ohif", "app", "dist")
    if not (found / "index.html").is_file():
        missing = "the viewer is not installed (see the head of tests/live/viewer.py)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@dataclass
class Viewer:
    """A page of the viewer with a study open.

    Attributes
    ----------
    page
        Of playwright.
    errors
        What it wrote to the console as an error, and what nobody caught.
    """

    page: Any
    errors: list[str] = field(default_factory=list[str])

    def ask(self, script: str, *arguments: object) -> Any:
        return self.page.evaluate(script, *arguments)

    def open(self, sop_instance_uid: str) -> str:
        """Put a segmentation or report on screen and let the viewer take it over; return its display set."""
        name = str(self.ask(_FIND, sop_instance_uid))
        self.ask(_OPEN, name)
        self.page.get_by_text("Yes", exact=True).first.click(timeout=30_000)
        self.page.wait_for_timeout(5_000)
        return name

    def jump(self, index: int) -> None:
        """Show a slice of the image, counted from 0."""
        self.ask(
            """k => { const id = window.services.viewportGridService.getActiveViewportId();
            const shown = window.services.cornerstoneViewportService.getCornerstoneViewport(id);
            shown.setImageIdIndex?.(k); shown.render(); }""",
            index,
        )
        self.page.wait_for_timeout(2_000)

    def measurements(self) -> list[dict[str, Any]]:
        """Return what the viewer's tools hold: tool, label, finding, points in mm, what is shown, instance."""
        return list(
            self.ask(
                """() => window.services.measurementService.getMeasurements().map(one => ({
                uid: one.uid, tool: one.toolName, label: one.label, points: one.points,
                finding: one.finding?.CodeMeaning, shown: one.displayText?.primary, instance: one.SOPInstanceUID}))"""
            )
        )


@contextmanager
def viewer(one: Archive, study_uid: str, mode: str = "viewer") -> Iterator[Viewer]:
    """Serve the viewer and open a study in it."""
    from playwright.sync_api import sync_playwright

    with _served(one) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(peers.program("chromium")), args=_ARGUMENTS)
        try:
            shown = Viewer(browser.new_page(viewport={"width": 1400, "height": 880}))
            shown.page.on("console", lambda m: shown.errors.append(m.text) if m.type == "error" else None)
            shown.page.on("pageerror", lambda error: shown.errors.append(str(error)))
            shown.page.goto(f"{address}/{mode}?StudyInstanceUIDs={study_uid}", wait_until="domcontentloaded")
            shown.page.wait_for_function(_READY, timeout=120_000)
            shown.page.wait_for_timeout(8_000)
            skip = shown.page.get_by_text("Skip all")
            if skip.count():
                skip.first.click()
            yield shown
        finally:
            browser.close()


@contextmanager
def _served(one: Archive) -> Iterator[str]:
    """Serve the viewer's files, and the archive under the same address."""
    root = app()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = self.path.split("?")[0]
            code, kind = 200, "text/html"
            if path.startswith(("/dicom-web", "/wado")):
                code, kind, data = self._passed_on()
            elif path == "/app-config.js":
                kind, data = "application/javascript", _SETTINGS.encode()
            else:
                file = root / path.lstrip("/")
                file = file if file.is_file() else root / "index.html"
                known = "application/wasm" if file.suffix == ".wasm" else mimetypes.guess_type(file.name)[0]
                kind, data = known or "application/octet-stream", file.read_bytes()
            self.send_response(code)
            for name, value in (
                ("Content-Type", kind),
                ("Content-Length", str(len(data))),
                ("Cross-Origin-Opener-Policy", "same-origin"),
                ("Cross-Origin-Embedder-Policy", "require-corp"),
                ("Cross-Origin-Resource-Policy", "same-origin"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def _passed_on(self) -> tuple[int, str, bytes]:
            length = int(self.headers.get("Content-Length") or 0)
            request = urllib.request.Request(one.url + self.path, self.rfile.read(length) or None, method=self.command)
            for name in ("Accept", "Content-Type"):
                if self.headers.get(name):
                    request.add_header(name, self.headers[name])
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    code, kind, data = answer.status, answer.headers.get("Content-Type") or "", answer.read()
            except urllib.error.HTTPError as error:
                code, kind, data = error.code, error.headers.get("Content-Type") or "", error.read()
            here = f"http://127.0.0.1:{self.server.server_address[1]}"
            return code, kind, data.replace(one.url.encode(), here.encode()) if "json" in kind else data

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
