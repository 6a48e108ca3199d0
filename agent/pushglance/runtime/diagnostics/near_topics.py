"""Topics that are probably meant by topics on which nothing arrives: another case, one level off, a similar name.

The costs of a topic do not depend on how many topics are wanted, and of all that are heard only the nearest are kept.
"""

import difflib
from collections.abc import Iterable, Iterator

from pushglance.core.wire.topic_filters import has_wildcard, matches

NEAR_MAX = 3  # for each wanted topic
TOPIC_MAX = 200  # characters; longer topics are not compared
_SIMILAR = 0.6  # of difflib, for one level
_CASE, _LEVEL_OFF, _SIMILAR_LEVEL = range(3)  # the nearest first

_Levels = tuple[str, ...]


class NearTopics:
    """Collect, for each wanted topic or filter, the nearest topics among those that are heard."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._wanted = set(wanted)
        self._near: dict[str, list[tuple[int, str]]] = {}
        self._wildcards = [(topic, _fold(topic)) for topic in self._wanted if has_wildcard(topic)]
        self._whole: dict[_Levels, list[str]] = {}
        self._shortened: dict[_Levels, list[str]] = {}  # without one level
        self._sorted: dict[_Levels, list[str]] = {}
        for topic in self._wanted - {topic for topic, _ in self._wildcards}:
            levels = _levels(topic)
            self._whole.setdefault(levels, []).append(topic)
            self._sorted.setdefault(tuple(sorted(levels)), []).append(topic)
            for shorter in _without_one(levels):
                self._shortened.setdefault(shorter, []).append(topic)
        self.heard = 0

    def add(self, topic: str) -> None:
        """Compare a topic on which a message has arrived with the wanted ones."""
        self.heard += 1
        if topic in self._wanted or len(topic) > TOPIC_MAX:
            return
        levels = _levels(topic)
        self._note(topic, _CASE, self._whole.get(levels, ()))
        self._note(topic, _LEVEL_OFF, self._shortened.get(levels, ()))
        self._note(topic, _LEVEL_OFF, self._sorted.get(tuple(sorted(levels)), ()))
        for shorter in _without_one(levels):
            self._note(topic, _LEVEL_OFF, self._whole.get(shorter, ()))
            similar = [wanted for wanted in self._shortened.get(shorter, ()) if _is_similar(levels, _levels(wanted))]
            self._note(topic, _SIMILAR_LEVEL, similar)
        folded_topic = _fold(topic)
        for wanted, folded in self._wildcards:
            if not matches(wanted, topic) and matches(folded, folded_topic):
                self._note(topic, _CASE, [wanted])

    def of(self, wanted: str) -> list[str]:
        """Return the topics that are nearest to a wanted one, at most three."""
        return [topic for _, topic in self._near.get(wanted, ())]

    def _note(self, topic: str, distance: int, wanted: Iterable[str]) -> None:
        for each in wanted:
            near = self._near.setdefault(each, [])
            if all(topic != known for _, known in near):
                near.append((distance, topic))
                near.sort()
                del near[NEAR_MAX:]


def _fold(topic: str) -> str:
    """Return the topic without what people mix up: case, and the signs between words."""
    return topic.casefold().replace("-", "_").replace(" ", "_")


def _levels(topic: str) -> _Levels:
    return tuple(_fold(topic).split("/"))


def _without_one(levels: _Levels) -> Iterator[_Levels]:
    """Yield the levels without one of them, if at least one is left."""
    if len(levels) > 1:
        for index in range(len(levels)):
            yield levels[:index] + levels[index + 1 :]


def _is_similar(heard: _Levels, wanted: _Levels) -> bool:
    """Return whether two topics of the same length differ in one level, and this one is similar."""
    different = [(one, other) for one, other in zip(heard, wanted, strict=False) if one != other]
    if len(heard) != len(wanted) or len(different) != 1:
        return False
    one, other = different[0]
    return min(len(one), len(other)) > 1 and difflib.SequenceMatcher(None, one, other).ratio() >= _SIMILAR
