"""MQTT topic filters (MQTT 3.1.1, section 4.7): which topics a filter matches, and which other filters it covers."""


def has_wildcard(topic_filter: str) -> bool:
    """Return whether the filter contains "+" or "#"."""
    return "+" in topic_filter or "#" in topic_filter


def matches(topic_filter: str, topic: str) -> bool:
    """Return whether the filter matches this topic. A leading wildcard does not match topics such as $SYS/uptime."""
    if topic[:1] == "$" and topic_filter[:1] in ("+", "#"):
        return False
    return _covers_levels(topic_filter.split("/"), topic.split("/"))


def covers(wide: str, narrow: str) -> bool:
    """Return whether `wide` matches every topic that the filter `narrow` matches."""
    if (wide[:1] == "$") != (narrow[:1] == "$"):
        return False
    return _covers_levels(wide.split("/"), narrow.split("/"))


def merge_subscriptions(wanted: "dict[str, int]") -> "list[tuple[str, int]]":
    """Return the fewest filters that match the same topics, each with the highest QoS of the filters that it covers.

    `wanted` maps filters to their QoS. A broker may send a message once for each subscription that matches it
    (mosquitto does with MQTT 5), and a counter of messages would then count it twice.
    """
    wildcards = [wide for wide in wanted if has_wildcard(wide)]
    merged = []  # type: list[tuple[str, int]]
    for topic_filter in wanted:
        if any([wide != topic_filter and covers(wide, topic_filter) for wide in wildcards]):
            continue
        qos = wanted[topic_filter]
        if topic_filter in wildcards:
            qos = max([wanted[narrow] for narrow in wanted if narrow == topic_filter or covers(topic_filter, narrow)])
        merged.append((topic_filter, qos))
    return merged


def _covers_levels(wide: "list[str]", narrow: "list[str]") -> bool:
    for index, level in enumerate(wide):
        if level == "#":
            return True
        if index == len(narrow) or narrow[index] == "#" or level not in ("+", narrow[index]):
            return False
    return len(wide) == len(narrow)
