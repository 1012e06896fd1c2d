"""Sphinx configuration: `python -m sphinx -W --keep-going -b html docs build/docs` from the project's root.

Nothing is downloaded. The tutorials are the notebooks of examples/, with the outputs they have there; the
pages of this folder that hold code cells are executed at every build, so that their tables and figures are
those of benchmarks/results/.
"""

import importlib
import inspect
import os
from importlib.metadata import version as installed_version
from pathlib import Path

import gsfm_enrich

ROOT = Path(__file__).parents[1]
# The kernels that execute the pages import docs.figures and docs.readme from the project's root.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # a remark of the kernel's debugger, in every output

project = "gsfm_enrich"
author = "The gsfm_enrich developers"
copyright = "The gsfm_enrich developers"
version = release = installed_version("gsfm-enrich")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
templates_path = ["_templates"]
exclude_patterns = ["tutorials/README.md", "tutorials/*.py", "tutorials/images", "_build"]

autosummary_generate = True
autodoc_typehints = "none"  # the numpy docstrings say it in words
napoleon_google_docstring = False
napoleon_use_ivar = True

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_excludepatterns = ["tutorials/*"]
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
nb_render_markdown_format = "myst"

html_theme = "furo"
html_title = "gsfm_enrich"
html_static_path = ["_static"]
html_css_files = ["tables.css"]


viewcode_follow_imported_members = True


def home_of(app, module, name):
    """Return the module whose source a public name is written in; the name itself says `gsfm_enrich`."""
    value = importlib.import_module(module)
    for part in name.split("."):
        value = getattr(value, part, None)
    inner = inspect.unwrap(value) if callable(value) else value
    if inspect.isfunction(inner):
        return inner.__globals__["__name__"]
    return f"gsfm_enrich.{gsfm_enrich._HOMES[name]}" if name in gsfm_enrich._HOMES else None


def setup(app):
    """Let links to sources lead where they are written."""
    app.connect("viewcode-follow-imported", home_of)
