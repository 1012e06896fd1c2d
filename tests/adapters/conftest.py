"""A small AnnData with a ranking written by hand, a library and an untrained model that know its genes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anndata
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch

from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, build
from gsfm_enrich.model.vocab import Vocab

mpl.use("Agg")

GENES = [
    "CD3D", "CD3E", "CD3G", "CD2", "LCK", "CD28", "CD27", "IL7R", "CCR7", "TRAC",
    "CD19", "MS4A1", "CD79A", "CD79B", "CD74", "BANK1", "BLK", "PAX5", "CD22", "FCRLA",
    "NKG7", "GNLY", "GZMA", "GZMB", "PRF1", "KLRD1", "NCAM1", "FCGR3A", "CTSW", "HOPX",
    "LYZ", "CD14", "S100A8", "S100A9", "FCN1", "CST3", "AIF1", "TYROBP", "VCAN", "CSF1R",
    "TP53", "MDM2", "BAX", "CASP3", "CASP8", "FAS", "CYCS", "APAF1", "BCL2", "BID",
    "C1orf162", "TMEM69", "FAM185A", "CCDC107", "TTC39C", "ZNF706", "UBALD2", "PPDPF", "FUOM", "BCAS4",
]  # fmt: skip
SETS = {
    "T cell activation (GO:0042110)": GENES[:10],
    "B cell receptor signaling pathway (GO:0050853)": GENES[10:20],
    "cell killing (GO:0001906)": GENES[20:30],
    "myeloid leukocyte activation (GO:0002274)": GENES[30:40],
    "apoptotic process (GO:0006915)": GENES[40:50],
    "lymphocyte activation (GO:0046649)": [*GENES[:6], *GENES[10:16], *GENES[20:24]],
}

Ranking = dict[str, list[tuple[str, float, float, float]]]


def record(ranking: Ranking, **params: Any) -> dict[str, Any]:
    """Return what rank_genes_groups stores; a list per group of gene, score, log2 fold change, adjusted p."""
    groups = list(ranking)
    stored: dict[str, Any] = {
        "params": {
            "groupby": "cell",
            "reference": "rest",
            "method": "t-test",
            "use_raw": False,
            "layer": None,
            "corr_method": "benjamini-hochberg",
            **params,
        }
    }
    for place, (field, kind) in enumerate(
        [("names", "O"), ("scores", "float32"), ("logfoldchanges", "float32"), ("pvals_adj", "float64")]
    ):
        columns = [[row[place] for row in ranking[group]] for group in groups]
        stored[field] = np.rec.fromarrays(
            [np.array(column, dtype=kind) for column in columns], dtype=[(group, kind) for group in groups]
        )
    stored["pvals"] = stored["pvals_adj"]
    return stored


def ranking_of(up: list[str], down: list[str]) -> list[tuple[str, float, float, float]]:
    """Rank all genes: `up` first, `down` last, the rest between with p-values of 1."""
    rest = [gene for gene in GENES if gene not in up and gene not in down]
    rows = [(gene, 20.0 - place, 3.0 - 0.1 * place, 1e-6) for place, gene in enumerate(up)]
    rows += [(gene, 0.001 * -place, 0.01, 1.0) for place, gene in enumerate(rest)]
    return rows + [(gene, -5.0 - place, -2.0 - 0.1 * place, 1e-4) for place, gene in enumerate(down)]


@pytest.fixture
def adata() -> anndata.AnnData:
    """Three groups: one with ups and downs and "/" in its name, one with ups, one with nothing."""
    data = anndata.AnnData(
        np.ones((4, len(GENES)), dtype=np.float32),
        obs=pd.DataFrame(index=[f"cell{i}" for i in range(4)]),
        var=pd.DataFrame(index=GENES),
    )
    data.uns["rank_genes_groups"] = record(
        {
            "T/NK cells": ranking_of([*GENES[:6], "GNLY", "C1orf162"], [*GENES[30:36], "FUOM"]),
            "B cells": ranking_of([*GENES[10:18], "UBALD2"], []),
            "quiet": ranking_of([], []),
        }
    )
    return data


@pytest.fixture
def sets() -> dict[str, list[str]]:
    return {term: list(genes) for term, genes in SETS.items()}


@pytest.fixture(scope="session")
def small_model() -> GSFM:
    """An untrained model; its opinions are arbitrary, its columns and types are not."""
    torch.manual_seed(0)
    vocab = Vocab(["<unk>", "<pad>", *GENES, "ACTB", "GAPDH", "EGFR", "MYC"])
    return build(GSFMConfig(vocab_size=len(vocab), d_model=8), vocab).eval()


@pytest.fixture
def make_record() -> Callable[..., dict[str, Any]]:
    return record
