"""gseapy's class ``Enrichr``, run here instead of on a server."""

from __future__ import annotations

import gseapy

from gsfm_enrich.drop_in.enrichr import enrichr


class Enrichr(gseapy.Enrichr):  # type: ignore[misc]
    """``gseapy.Enrichr`` with a ``run`` that works as `gsfm_enrich.enrichr`: no gene is sent to a server.

    Takes the arguments of ``gseapy.Enrichr``. The methods that send requests to the server (``send_genes``,
    ``enrich_online`` and others) are gseapy's own.

    Examples
    --------
    >>> enr = Enrichr(["CD3D", "CD3E", "LCK"], "GO_Biological_Process", outdir=None)
    >>> enr.run()
    >>> bool(enr.results["Term"].str.contains("T cell").any())
    True
    """

    __module__ = "gsfm_enrich"

    def run(self) -> None:
        """Test the gene list, and keep the table as ``results`` and ``res2d``.

        Raises
        ------
        InputError, LibraryError, OfflineError
            As in `gsfm_enrich.enrichr`.
        """
        found = enrichr(
            self.gene_list,
            self.gene_sets,
            organism=self.organism,
            outdir=self.outdir,
            background=self.background,
            cutoff=self.cutoff,
            format=self.format,
            figsize=self.figsize,
            top_term=self._Enrichr__top_term,  # private in gseapy
            no_plot=self._Enrichr__no_plot,
            verbose=self.verbose,
        )
        self.results = self.res2d = found.results
        self.gene_report = found.gene_report
