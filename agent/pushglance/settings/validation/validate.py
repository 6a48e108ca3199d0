"""Validation of a tree of settings: first each value, then whether the values fit together."""

from typing import Any

from pydantic import ValidationError

from pushglance.errors import SettingsError
from pushglance.settings.checks import consistency_issues
from pushglance.settings.errors.issues import Place, SettingIssue
from pushglance.settings.model import Settings

from .error_messages import issues_from
from .partial_load import load_valid_part


def validate(tree: dict[str, Any]) -> Settings:
    """Return the settings of a tree of TOML values. Raises SettingsError, with one line for each issue.

    If some values are wrong, the rest is still compared, so that all issues are reported at once.
    """
    issues: list[SettingIssue] = []
    broken: set[Place] = set()
    settings: Settings | None
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        issues = issues_from(error)
        settings, broken = load_valid_part(tree, error)
    if settings is not None:
        issues += consistency_issues(settings, broken)
    # Raised outside of the handler: a chained ValidationError could show values, secrets included.
    if issues or settings is None:
        raise SettingsError(_message(issues))
    return settings


def _message(issues: list[SettingIssue]) -> str:
    """Return one line for each issue, in the order of the sections."""
    position = {section: index for index, section in enumerate(Settings.model_fields)}
    issues.sort(key=lambda issue: position.get(issue.place[0], len(position)) if issue.place else -1)
    return "\n".join(dict.fromkeys(issue.line() for issue in issues))
