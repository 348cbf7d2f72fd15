"""Labels: which entities get one, and where on the screen they are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from astraweave import Camera
from astraweave.app.placing import MOST, nearest, project

CAMERA = Camera(eye=(0, 10, 20), target=(0, 0, 0))


def test_the_target_is_in_the_middle_and_right_is_right() -> None:
    pixels = project(np.array([(0, 0, 0), (3, 0, 0), (0, 3, 0)]), CAMERA, (1280, 720))
    assert np.allclose(pixels[0], (640, 360))
    assert pixels[1, 0] > 640
    assert pixels[2, 1] < 360


def test_what_is_behind_the_camera_has_no_place() -> None:
    assert np.isnan(project(np.array([(0.0, 20.0, 40.0)]), CAMERA, (1280, 720))).all()


@given(st.integers(0, 2**32 - 1), st.integers(0, 300))
def test_labels_do_not_overlap_and_the_nearest_is_among_them(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.uniform(0, 700, (count, 2))
    pixels[rng.random(count) < 0.1] = np.nan
    chosen = nearest(pixels, (300, 300), 200.0)
    away = np.hypot(*(pixels - 300).T)
    assert len(chosen) <= MOST
    assert (away[chosen] <= 200).all()
    assert (np.diff(away[chosen]) >= 0).all()
    if np.nanmin(away, initial=np.inf) <= 200:
        assert chosen[0] == np.nanargmin(away)
    for i, a in enumerate(chosen):
        for b in chosen[:i]:
            assert (np.abs(pixels[a] - pixels[b]) > (110, 38)).any()
