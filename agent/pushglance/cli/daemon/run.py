"""`pushglance run`: check the settings, compile the Plan and become the daemon."""

import os
from pathlib import Path

import click

from pushglance.cli.options import config_option


@click.command("run")
@config_option
@click.option(
    "--verbose", "-v", is_flag=True, help='Log each message, event and decision, as level = "debug" in [log].'
)
@click.option(
    "--plan-fd",
    type=int,
    hidden=True,
    help="Write the Plan to this file descriptor and exit.",
)
def run_command(config: Path | None, verbose: bool, plan_fd: int | None) -> None:
    """Read the sensors and keep the watch up to date, until stopped.

    SIGTERM and Ctrl-C save everything and stop it; SIGHUP reads the settings again. State is saved in
    $STATE_DIRECTORY, current values in $RUNTIME_DIRECTORY; systemd sets both.
    """
    from pushglance.plan import compile_plan, secret_origins
    from pushglance.runtime import plan_cache
    from pushglance.runtime.process import exec_handover
    from pushglance.settings import load_settings, settings_path

    if verbose:
        os.environ["PUSHGLANCE_LOG__LEVEL"] = "debug"  # for the settings; it stays so after a reload
    path = settings_path(config).absolute()
    cache_key = plan_cache.cache_key(path)
    settings = load_settings(path)
    plan = compile_plan(settings)
    if plan_fd is not None:
        exec_handover.write_plan(plan, plan_fd)
        return
    plan_cache.save(plan, secret_origins(settings), path, cache_key)
    exec_handover.become_daemon(exec_handover.write_plan_fd(plan), path)
