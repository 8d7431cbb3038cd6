"""The wheel: what it holds, and that it works where nothing else is."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
VENDORED = {
    "leaflet/leaflet.js",
    "leaflet/leaflet.css",
    "leaflet/images/layers.png",
    "leaflet-realtime/leaflet-realtime.js",
    "protomaps-leaflet/protomaps-leaflet.js",
    "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui.css",
}
DEMO = "geo_dispatch/_demo/"


def run(*command, cwd, timeout=300):
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        timeout=timeout,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of what git knows, and the assets that the last install fetched."""
    folder = tmp_path_factory.mktemp("source")
    names = run(
        "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=CHECKOUT
    ).split("\0")
    for name in filter(None, names):
        if (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, folder / name)
    vendor = "api/static/vendor"
    shutil.copytree(CHECKOUT / vendor, folder / vendor)
    return folder


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    """The wheel, made from the source distribution as package indexes get it."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source, cwd=out)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.slow
def test_wheel_holds_our_two_packages_and_nothing_else(names):
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"geo_dispatch", "api"}


@pytest.mark.slow
def test_wheel_holds_every_module_template_and_asset(names):
    kept = {
        path.relative_to(CHECKOUT).as_posix()
        for package in ("geo_dispatch", "api")
        for path in (CHECKOUT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert kept - names == set()
    assert {name for name in names if name.startswith(("api/", "geo_dispatch/"))} - kept == {
        name for name in names if name.startswith(DEMO)
    }


@pytest.mark.slow
def test_wheel_holds_the_fetched_assets_with_their_licences(names):
    prefix = "api/static/vendor/"
    held = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
    assert held >= VENDORED
    packages = {name.split("/")[0] for name in VENDORED}
    assert {f"{package}/LICENSE" for package in packages} <= held


@pytest.mark.slow
def test_wheel_holds_the_demo_workspace_but_nothing_compiled(names):
    demo = {name.removeprefix(DEMO) for name in names if name.startswith(DEMO)}
    assert "road_graphs/liechtenstein/recipe.toml" in demo
    assert "road_graphs/liechtenstein/liechtenstein-2013-08-03.osm.pbf" in demo
    assert "territories/liechtenstein/municipalities.geojson" in demo
    assert not any("compiled" in name for name in demo)


@pytest.mark.slow
def test_wheel_installs_into_an_empty_environment_and_its_script_runs(wheel, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    scripts = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    constraints = CHECKOUT / "constraints.txt"
    run(scripts / "python", "-m", "pip", "install", "-q", "-c", constraints, wheel, cwd=tmp_path)
    said = run(scripts / "geo-dispatch", "--version", cwd=tmp_path)
    assert f"geo_dispatch-{said.split()[-1]}-" in wheel.name
    assert "demo" in run(scripts / "geo-dispatch", "--help", cwd=tmp_path)
    program = "import api.app, geo_dispatch.worker; print(api.app.__file__)"
    where = run(scripts / "python", "-c", program, cwd=tmp_path)
    assert str(tmp_path) in where


def test_lock_file_names_no_host_and_pins_every_package_by_hash():
    text = (CHECKOUT / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in entry for name, entry in packages.items() if name)


def test_constraints_name_no_host_and_no_hash():
    text = (CHECKOUT / "constraints.txt").read_text()
    assert re.findall(r"://|--hash|@ ", text) == []


def test_direct_web_dependencies_are_pinned_exactly():
    wanted = json.loads((CHECKOUT / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())


def test_installed_assets_are_those_of_the_lock_file():
    vendor = CHECKOUT / "api/static/vendor"
    assert {name for name in VENDORED if not (vendor / name).is_file()} == set()
    assert len((vendor / "assets.sha256").read_text().strip()) == hashlib.sha256().digest_size * 2
