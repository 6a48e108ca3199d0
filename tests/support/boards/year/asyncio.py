"""asyncio in virtual time that skips what nothing can change: a task that has polled in vain sleeps until something
happens in `world` or in another task, or until its own next deadline.

Time advances only when every task sleeps. A task that polls is woken in its period after whatever may concern it, so
each wait ends when it would end on a chip.
"""

import time

import world

_AGAIN = 4  # periods until the second poll after something has happened: tasks pass things on to each other
_NEVER_MS = 86_400_000
_LONG_MS = 100
MQTT = 0  # the kind of poll that `start` registers first
_tasks = []  # [instant, coroutine, kind of poll, whether its next poll is the last before its deadline]
# A task that sleeps has -1 for the kind of poll, and then whether it sleeps for long.
_polls = []  # [period in ms, function that returns the instant of the next deadline]


def sleep_ms(ms):
    yield time.now_ms() + max(0, ms)


def sleep(seconds):
    return sleep_ms(seconds * 1000)


def polling(period_ms, deadline_ms):
    """Return a function that sleeps for a period, as a task does that polls; its task has this next deadline."""
    _polls.append([period_ms, deadline_ms])
    wish = -len(_polls)

    def poll_ms(ms):
        yield wish if ms == period_ms else time.now_ms() + ms

    return poll_ms


async def gather(*coroutines):
    _tasks.extend([[time.now_ms(), coroutine, -1, False] for coroutine in coroutines])
    while True:
        await sleep_ms(_NEVER_MS)


def run(coroutine):
    _tasks.append([time.now_ms(), coroutine, -1, False])
    while True:
        first = _tasks[0]
        for task in _tasks:
            if task[0] < first[0]:
                first = task
        if world.next_ms() <= first[0]:
            time.advance_to(world.next_ms())
            touch()
            continue
        time.advance_to(first[0])
        if first[2] < 0 and first[3]:
            touch()  # what a task does after a long wait may concern those that poll
        begin_ms = time.now_ms()
        wish = first[1].send(None)
        world.note_blocked(time.now_ms() - begin_ms)
        if wish >= 0:
            first[0], first[2], first[3] = wish, -1, wish - time.now_ms() >= _LONG_MS
        else:
            _poll(first, -wish - 1)


def _poll(task, kind):
    period_ms, deadline_ms = _polls[kind]
    due_ms = time.now_ms() + period_ms * _AGAIN
    if task[3]:
        due_ms = max(due_ms, deadline_ms())
    task[0], task[2], task[3] = due_ms, kind, True


def touch(only=-1):
    """Let all polling tasks poll twice soon, or once one kind of them."""
    now_ms = time.now_ms()
    for task in _tasks:
        kind = task[2]
        if kind >= 0 and only in (-1, kind):
            task[0], task[3] = min(task[0], now_ms + _polls[kind][0]), only >= 0
