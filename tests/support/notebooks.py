"""Notebooks, run as somebody runs them who has no editor for them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def run_notebook(notebook: Path, folder: Path, environment: Mapping[str, str]) -> str:
    """Run it in the folder, warnings as errors; what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", notebook],
        env=os.environ | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
