from hypothesis import given
from hypothesis import strategies as st

from maps.sheet_labels import Label, placed, width

WIDE, HIGH = 120.0, 90.0
LABELS = st.lists(
    st.builds(
        Label,
        said=st.text("嘉兴云塘abc 小镇", min_size=1, max_size=8),
        x=st.floats(-5, 125),
        y=st.floats(-5, 95),
        size=st.sampled_from([2.0, 2.6, 3.4]),
        rank=st.sampled_from([0.0, 1.0, 2.0]),
        clear=st.sampled_from([0.0, 0.8, 2.0]),
    ),
    max_size=40,
)
TAKEN = (0.0, 0.0, 30.0, 12.0)


def meet(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@given(LABELS)
def test_no_label_lies_on_another_or_outside(labels):
    found = placed(labels, WIDE, HIGH, [TAKEN])
    boxes = [one.box for one in found]
    assert all(b[0] >= 0 and b[1] >= 0 and b[2] <= WIDE and b[3] <= HIGH for b in boxes)
    assert not any(meet(b, TAKEN) for b in boxes)
    assert not any(meet(a, b) for n, a in enumerate(boxes) for b in boxes[:n])


@given(LABELS)
def test_no_label_lies_on_a_symbol(labels):
    dots = [label for label in labels if label.clear > 0]
    for one in placed(labels, WIDE, HIGH):
        for dot in dots:
            symbol = (dot.x - dot.clear, dot.y - dot.clear, dot.x + dot.clear, dot.y + dot.clear)
            same = one.label.clear > 0 and (one.label.x, one.label.y, one.label.clear) == (dot.x, dot.y, dot.clear)  # fmt: skip
            assert same or not meet(one.box, symbol)


@given(LABELS)
def test_order_of_the_labels_does_not_matter(labels):
    assert placed(labels, WIDE, HIGH) == placed(labels[::-1], WIDE, HIGH)


def test_the_important_one_gets_the_place():
    two = [Label("次要", 60, 45, 3.0, 1.0), Label("首要", 60, 45, 3.0, 0.0)]
    first, second = placed(two, WIDE, HIGH)
    assert first.label.said == "首要"
    assert (first.x, second.x) == (60, 60)
    assert first.y == 45 + 3.0 * 0.35
    assert second.y != first.y


def test_a_symbol_has_its_name_on_the_right():
    (one,) = placed([Label("村", 60, 45, 2.0, 0.0, 0.5)], WIDE, HIGH)
    assert one.box[0] == 60 + 0.5 + 0.4
    assert width("村a", 2.0) == 2.0 * (1.02 + 0.62)
