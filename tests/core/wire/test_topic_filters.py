"""Topic filters: which topics they match, and which of them are worth a subscription."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.wire.topic_filters import covers, matches, merge_subscriptions

# Paho is the reference. `scripts/test core` on a new clone has only pytest and hypothesis.
topic_matches_sub = pytest.importorskip("paho.mqtt.client").topic_matches_sub

levels = st.sampled_from(["a", "b", "", "$SYS"])
topics = st.lists(levels, min_size=1, max_size=4).map("/".join)
filters = st.lists(levels | st.just("+"), min_size=1, max_size=4).map("/".join).filter(bool)
filters |= st.lists(levels | st.just("+"), max_size=3).map(lambda parts: "/".join([*parts, "#"]))


@given(filters, topics)
def test_matching_follows_the_standard(topic_filter, topic):
    """A filter matches a topic if and only if paho says so."""
    assert matches(topic_filter, topic) == topic_matches_sub(topic_filter, topic)


@given(filters, filters, topics)
def test_a_covering_filter_matches_all_topics_of_the_covered_one(wide, narrow, topic):
    """A topic that the covered filter matches is matched by the covering one."""
    if covers(wide, narrow) and topic_matches_sub(narrow, topic):
        assert topic_matches_sub(wide, topic)


@given(st.dictionaries(filters, st.integers(0, 2), min_size=1, max_size=6), topics)
def test_merged_subscriptions_lose_no_topic_and_no_qos(wanted, topic):
    """Each wanted topic arrives by one of the merged filters, with at least the QoS that was wanted for it."""
    merged = merge_subscriptions(wanted)
    assert {topic_filter for topic_filter, _ in merged} <= set(wanted)
    for topic_filter, qos in wanted.items():
        if topic_matches_sub(topic_filter, topic):
            assert any(topic_matches_sub(wide, topic) and wide_qos >= qos for wide, wide_qos in merged)


@pytest.mark.parametrize(
    ("wanted", "merged"),
    [
        ({"a/b": 0, "a/+": 1, "a/#": 0, "a": 2}, [("a/#", 2)]),
        ({"#": 0, "$SYS/x": 1, "+/x": 0}, [("#", 0), ("$SYS/x", 1)]),
        ({"a/+": 0, "+/b": 1}, [("a/+", 0), ("+/b", 1)]),
        ({"a/+": 0, "a/+/c": 0, "a/b/c": 2}, [("a/+", 0), ("a/+/c", 2)]),
        ({"a": 0, "a/": 0, "A": 0}, [("a", 0), ("a/", 0), ("A", 0)]),
    ],
)
def test_a_covered_filter_is_left_out(wanted, merged):
    """A filter that another one covers is not subscribed; the other one takes over its QoS."""
    assert merge_subscriptions(wanted) == merged
