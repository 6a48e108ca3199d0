"""Looks at everything that goes wrong around an agent, and says what is wrong and what to do: `pushglance doctor`.

One file for each group of checks. A check takes a `CheckContext` and yields `CheckResult`s; it changes nothing that the agent
owns, ends by itself within seconds, and on a machine that lacks what it looks at it says so and goes on.
"""
