"""Execute the notebooks of examples/ and keep their outputs.

    python -m docs.notebooks [NAME ...]

To be run after anything that changes what they show. A notebook that raises stops it. What differs between
two runs of the same code (times, process ids, the version of Python) is not kept.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[1] / "examples"
TIMEOUT = 1800  # seconds, a cell, on a machine that does other things too
ENVIRONMENT = {
    "GSFM_ENRICH_OFFLINE": "1",  # with an empty cache: the same outputs everywhere
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
}
WARNING = re.compile(r"^\S*/ipykernel_\d+/\d+\.py:\d+: (.*\n)  .*\n", flags=re.MULTILINE)
"""A warning as Python shows it: file and line of a cell, the message, and the cell's line again."""


def main() -> None:
    """Execute the notebooks named, or all, in alphabetical order."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = sorted(path.stem for path in EXAMPLES.glob("*.ipynb"))
    parser.add_argument("names", nargs="*", choices=[[], *known], help="all of them by default")
    names = parser.parse_args().names or known
    with tempfile.TemporaryDirectory() as cache:
        os.environ |= ENVIRONMENT | {"GSFM_ENRICH_CACHE": cache}
        for name in names:
            path = EXAMPLES / f"{name}.ipynb"
            notebook = nbformat.read(path, as_version=4)
            execute(notebook)
            nbformat.write(notebook, path)
            print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


def execute(notebook: nbformat.NotebookNode) -> None:
    """Execute a notebook in place."""
    here = {"metadata": {"path": EXAMPLES}}
    NotebookClient(notebook, timeout=TIMEOUT, record_timing=False, resources=here).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                output.text = WARNING.sub(r"\1", output.text)


if __name__ == "__main__":
    main()
