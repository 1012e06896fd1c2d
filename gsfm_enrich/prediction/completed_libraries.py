"""Complete the bundled libraries with the bundled model, so that the first call does not take long.

Run it whenever the model, a bundled library or the way terms are completed changes::

    python -m gsfm_enrich.prediction.completed_libraries

It replaces the files in ``gsfm_enrich/data/completed_libraries``. They are like those that any other library
gets in the user's cache, each under the hash of everything it depends on, see `gsfm_enrich.ranking.cache`.
"""

from __future__ import annotations

import os
import tempfile
from shutil import copyfile, rmtree

from gsfm_enrich.files import CACHE_VARIABLE
from gsfm_enrich.libraries.bundled import bundled_libraries, load_bundled
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.prediction.neighbours import single_genes
from gsfm_enrich.prediction.support import keep_auroc
from gsfm_enrich.progress import progress
from gsfm_enrich.ranking.cache import COMPLETED_LIBRARIES, tables_folder
from gsfm_enrich.ranking.membership import library_membership


def complete_bundled() -> None:
    """Compute everything that is kept for the bundled libraries and the bundled model."""
    rmtree(COMPLETED_LIBRARIES, ignore_errors=True)  # otherwise the old files would be read
    model = load_model()
    single_genes(model)
    names = bundled_libraries()
    for name in progress(names, len(names), "complete bundled libraries"):
        library = load_bundled(name)
        table = library_membership(library, model)
        for part in ("inside", "outside", "scores"):
            getattr(table, part)
        keep_auroc(table)
    COMPLETED_LIBRARIES.mkdir()
    for path in tables_folder().iterdir():
        copyfile(path, COMPLETED_LIBRARIES / path.name)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ[CACHE_VARIABLE] = scratch
        complete_bundled()
