"""Near topics: another case, one level off, a similar name; memory does not grow with the topics that are heard."""

import pytest

from pushglance.runtime.diagnostics.near_topics import NearTopics


def near(wanted, *heard):
    """Return the topics near `wanted` among those that are heard."""
    topics = NearTopics([wanted])
    for topic in heard:
        topics.add(topic)
    return topics.of(wanted)


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ("z/Temperature", "z/temperature"),
        ("zigbee2mqtt/front door", "zigbee2mqtt/front_door"),
        ("z/temperature", "/z/temperature"),
        ("z/temperature", "home/z/temperature"),
        ("z/sensor/temperature", "z/temperature"),
        ("z/temperature", "z/sensor/Temperature"),
        ("tele/plug/SENSOR", "plug/tele/SENSOR"),
        ("zigbee2mqtt/front_door", "zigbee2mqtt/frontdoor"),
        ("zigbee2mqtt/window", "zigbee2mqt/window"),
        ("z/+/Temperature", "z/a/temperature"),
        ("Z/#", "z/ab"),
        ("temperature", "z/temperature"),
    ],
)
def test_near_topic_is_found(wanted, heard):
    """The topic that is probably meant is named."""
    assert near(wanted, "other/thing", heard, "x/humidity") == [heard]


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ("zigbee2mqtt/door", "zigbee2mqtt/window"),
        ("a/b", "c/d"),
        ("z/temperature", "z/humidity"),
        ("z/temperature", "z/temperature"),
        ("z/+", "z/a"),
        ("a/b/c", "a/b/c/d/e"),
        ("z/temperature", "z/" + "x" * 300),
        ("z/1", "z/2"),
    ],
)
def test_other_topic_is_not_near(wanted, heard):
    """Siblings and foreign topics are not named."""
    assert near(wanted, heard) == []


def test_nearest_come_first_and_three_are_kept():
    """Of many near topics the three nearest are kept."""
    assert near("z/door", "z/doors", "a/z/door", "z/Door", "z/dooor", "z/x/door") == ["z/Door", "a/z/door", "z/x/door"]


def test_memory_is_bounded():
    """100 000 topics leave at most three for each wanted one."""
    topics = NearTopics(["z/door", "z/+/x"])
    for number in range(100_000):
        topics.add(f"{number}/z/door")
    assert len(topics.of("z/door")) == 3
    assert topics.heard == 100_000
    assert sum(len(near) for near in topics._near.values()) == 3
