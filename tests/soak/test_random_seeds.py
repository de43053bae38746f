"""Every property with random seeds (`ANNOCONV_SOAK_SEEDS` rounds, or 3); what falls becomes an `@example` of it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

import pytest

pytestmark = pytest.mark.soak

ROUNDS = int(os.environ.get("ANNOCONV_SOAK_SEEDS", "3"))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_every_property_holds_for_random_seeds(number: int) -> None:
    seed = secrets.randbits(32)
    options = [
        "-m",
        "hypothesis and not peers and not soak",
        "--hypothesis-profile=random",
        f"--hypothesis-seed={seed}",
    ]
    ran = subprocess.run([sys.executable, "-m", "pytest", "-q", *options], capture_output=True, text=True)
    assert ran.returncode == 0, f"round {number}, seed {seed}\n{ran.stdout[-8000:]}"
