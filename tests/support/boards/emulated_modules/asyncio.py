"""asyncio of the board emulator: tasks run in the order of their instants and take no time."""

import time

_tasks = []  # [instant, coroutine]; the first of the earliest runs


def sleep_ms(ms):
    yield time.now_ms() + max(0, ms)


def sleep(seconds):
    return sleep_ms(seconds * 1000)


async def gather(*coroutines):
    for coroutine in coroutines:
        start(coroutine)
    while True:
        await sleep_ms(86_400_000)


def start(coroutine):
    _tasks.append([time.now_ms(), coroutine])


def turn(times):
    """Run the next task `times` times."""
    for _ in range(times):
        first = _tasks[0]
        for task in _tasks:
            if task[0] < first[0]:
                first = task
        time.advance_to(first[0])
        try:
            first[0] = first[1].send(None)
        except StopIteration:
            _tasks.remove(first)
