"""The page in HTML: sections, each of which can be replaced by itself when it has changed. Everything is escaped."""

import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .dashboard import DashboardView

SECTIONS = ("watches", "day", "health", "sensors", "pushes")
_STATIC = {"style.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


class Pages:
    """Render what a Sight sees."""

    def __init__(self, sight: DashboardView, *, has_password: bool) -> None:
        self._sight = sight
        folder = files(__package__) / "static"
        self.static = {name: ((folder / name).read_bytes(), kind) for name, kind in _STATIC.items()}
        self._templates = Environment(
            loader=PackageLoader("pushglance.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.filters["drawing"] = Markup  # only for what pushglance.watchface has drawn and escaped
        self._templates.globals["version"] = self._version()
        self._templates.globals["has_password"] = has_password

    def _version(self) -> str:
        """Return a name for the static files as they are: a browser may keep them as long as it is the same."""
        return hashlib.sha256(b"".join(content for content, _ in self.static.values())).hexdigest()[:12]

    def sections(self) -> dict[str, str]:
        """Return each section of the page as HTML, as things are now."""
        view = self._sight.look()
        return {name: self._render(f"{name}.html", view) for name in SECTIONS}

    def whole(self) -> str:
        """Return the page."""
        sections = {name: Markup(html) for name, html in self.sections().items()}  # noqa: S704 - escaped just now
        return self._render("page.html", {"sections": sections})

    def older(self, before_id: int) -> str:
        """Return a page of older pushes."""
        return self._render("older.html", self._sight.older(before_id, 50))

    def weeks(self, number: int) -> str:
        """Return the page of the last weeks."""
        return self._render("weeks.html", self._sight.weeks(number))

    def login(self, detail: str) -> str:
        """Return the page that asks for the password."""
        return self._render("login.html", {"detail": detail})

    def _render(self, name: str, view: dict[str, Any]) -> str:
        return self._templates.get_template(name).render(view)
