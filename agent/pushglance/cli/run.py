"""`pushglance run`: check the settings, compile the Plan, become the daemon."""

from pathlib import Path

import click

from .options import config_option


@click.command("run")
@config_option
@click.option("--plan-fd", type=int, hidden=True, help="Write the Plan there and end: how a running daemon reloads.")
def run_command(config: Path | None, plan_fd: int | None) -> None:
    """Watch the sensors and keep the watch true, until stopped.

    SIGTERM and Ctrl-C stop it with everything written; SIGHUP reads the settings again. State is kept in
    $STATE_DIRECTORY, live values in $RUNTIME_DIRECTORY; systemd sets both.
    """
    from pushglance.plan import compile_plan, origins
    from pushglance.runtime import handover, kept_plan
    from pushglance.settings import load_settings, settings_path

    path = settings_path(config).absolute()
    before = kept_plan.circumstances(path)
    settings = load_settings(path)
    plan = compile_plan(settings)
    if plan_fd is not None:
        handover.write_plan(plan, plan_fd)
        return
    kept_plan.keep(plan, origins(settings), path, before)
    handover.become_daemon(handover.lay_down(plan), path)
