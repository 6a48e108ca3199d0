"""Checks of everything around an agent that can fail, for `pushglance doctor`: what is wrong and what to type.

Each file in `checks/` holds one group. A check takes a `CheckContext` and yields `CheckResult`s. It changes nothing
that the agent owns and ends within seconds. If the machine lacks what a check needs, the result is `skipped`.
"""
