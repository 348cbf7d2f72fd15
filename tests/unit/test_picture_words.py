"""Words in pictures of headless runs: names over entities, and what was said."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from astraweave import Camera, Conversation, Labels, Spoken, View
from astraweave.app.picture import Rectangle, free, with_words

CAMERA = Camera(eye=(0, 10, 20), target=(0, 0, 0))
EMPTY = np.full((360, 640, 4), 255, np.uint8)


def labelled(*places: tuple[float, float, float], level: float = -1.0) -> View:
    labels = Labels(np.array(places), lambda row: f"Nr {row}", np.full(len(places), level))
    return View(CAMERA, labels=lambda: labels)


def talking(*lines: Spoken) -> View:
    return View(CAMERA, conversation=Conversation(lambda: lines, list, lambda text: None))


def changed(view: View) -> tuple[slice, slice] | None:
    """Rows and columns of what was drawn; None if nothing was."""
    where = np.argwhere((with_words(EMPTY, view) != EMPTY).any(axis=2))
    if not len(where):
        return None
    (top, left), (bottom, right) = where.min(0), where.max(0) + 1
    return slice(top, bottom), slice(left, right)


def test_what_the_font_lacks_is_drawn_plainly() -> None:
    def drawn(text: str) -> bytes:
        labels = Labels(np.zeros((1, 3)), lambda row: text, np.full(1, -1.0))
        talk = Conversation(lambda: [Spoken(text, text, source=text)], list, lambda text: None)
        view = View(CAMERA, labels=lambda: labels, conversation=talk)
        return with_words(EMPTY, view).tobytes()

    assert drawn("rené – shoot ×6 → win") == drawn("rene - shoot x6 -> win")


def test_a_label_is_above_its_place_and_stays_in_the_picture() -> None:
    box = changed(labelled((0.0, 0.0, 0.0)))
    assert box is not None
    assert box[0].stop < 180
    assert box[1].start < 320 < box[1].stop
    edge = changed(labelled((-10.6, 0.0, 0.0)))
    assert edge is not None
    assert 0 < edge[1].start < 10
    assert edge[1].stop - edge[1].start == box[1].stop - box[1].start
    assert changed(labelled((0.0, 20.0, 40.0))) is None, "behind the camera"
    barred = changed(labelled((0.0, 0.0, 0.0), level=0.5))
    assert barred is not None
    assert barred[0].start < box[0].start


def test_a_crowd_has_no_labels() -> None:
    assert changed(labelled(*[(x / 2, 0.0, 0.0) for x in range(13)])) is None


@given(
    st.lists(st.tuples(*[st.floats(0, 300)] * 2, st.floats(10, 90), st.floats(10, 90)), max_size=12)
)
def test_labels_lie_apart(boxes: list[tuple[float, float, float, float]]) -> None:
    taken: list[Rectangle] = []
    for left, top, wide, tall in boxes:
        box = free((left, top, left + wide, top + tall), taken)
        assert (box[0], box[2]) == (left, left + wide)
        assert box[1] <= top
        for other in taken:
            apart = box[2] <= other[0] or box[0] >= other[2]
            assert apart or box[3] <= other[1] or box[1] >= other[3]
        taken.append(box)


def test_the_end_of_a_conversation_is_at_the_lower_right() -> None:
    one = changed(talking(Spoken("Mira", "Who leads?", ours=True)))
    assert one is not None
    assert (one[0].stop, one[1].stop) == (345, 625)
    assert one[1].start > 320
    long = Spoken("keeper", "word " * 40, "graph")
    many = changed(talking(*[long] * 9))
    assert many is not None
    assert one[0].start > many[0].start
    assert many[0].start > 0
    assert (
        with_words(EMPTY, talking(*[long] * 9)) == with_words(EMPTY, talking(*[long] * 3))
    ).all()
    assert changed(talking()) is None
