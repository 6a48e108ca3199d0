"""Sizes, names and docstrings of modules: what a reviewer would otherwise repeat for each change."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = sorted([*(ROOT / "agent/pushglance").rglob("*.py"), *(ROOT / "boards").rglob("*.py")])
SUPPORT = sorted([*(ROOT / "tests/support").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
PREDICATE = re.compile(r"_?(is|has|can)_")
LINES_MAX = 300
TEST_LINES_MAX = 400
FILES_MAX = 14
WORDS_MAX = 25
VAGUE = re.compile(r"(manager|helper|utils?|data|info)s?$", re.IGNORECASE)


def name_of(path):
    """Return a short id for a parametrized file."""
    return str(path.relative_to(ROOT))


def definitions(path, *kinds):
    """Return the definitions of a file that are of these kinds of syntax node."""
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)]


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_modules_have_a_docstring(path):
    """Each module of the product has a docstring that names its purpose."""
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", PRODUCT + SUPPORT, ids=name_of)
def test_modules_are_short(path):
    """No module is longer than 300 lines; split a longer one by meaning."""
    assert len(path.read_text().splitlines()) <= LINES_MAX


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_test_modules_are_short(path):
    """No module of tests is longer than 400 lines."""
    assert len(path.read_text().splitlines()) <= TEST_LINES_MAX


def test_folders_are_small():
    """No folder has more than 14 files side by side, __init__.py not counted."""
    folders = [ROOT / top for top in ("agent", "boards", "config", "scripts", "tests")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    counts = Counter(path.parent for path in files if path.name != "__init__.py" and path.suffix != ".pyc")
    assert {name_of(folder): count for folder, count in counts.items() if count > FILES_MAX} == {}


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_names_are_not_vague(path):
    """No class, function or module has a name that ends with manager, helper, utils, data or info; predicates may."""
    names = [path.stem, *(node.name for node in definitions(path, ast.ClassDef, ast.FunctionDef))]
    assert [name for name in names if VAGUE.search(name) and not PREDICATE.match(name)] == []


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_docstrings_begin_with_a_short_sentence(path):
    """The first sentence of each docstring has at most 25 words."""
    documented = definitions(path, ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    sentences = [re.split(r"(?<=[.!?])\s|\n\n", ast.get_docstring(node) or "")[0] for node in documented]
    assert [sentence for sentence in sentences if len(sentence.split()) > WORDS_MAX] == []


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_every_test_has_a_docstring(path):
    """Each test has a docstring with the expected behaviour."""
    tests = [node for node in definitions(path, ast.FunctionDef) if node.name.startswith("test_")]
    assert [node.name for node in tests if not ast.get_docstring(node)] == []
