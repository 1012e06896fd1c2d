"""What the tests of several parts share.

A model whose answers are known: genes come in blocks, and a set is completed by its blocks. And a report of
orthologues like MGI's, with a few genes of each kind. And a small AnnData with a ranking written by hand, a
library and an untrained model that know its genes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anndata
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch

from gsfm_enrich.genes.orthology import install_orthology, load_orthology
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.build import build
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.training.corpus import Corpus

mpl.use("Agg")

REPORT_COLUMNS = (
    "DB Class Key", "Common Organism Name", "NCBI Taxon ID", "Symbol", "EntrezGene ID", "Mouse MGI ID",
    "HGNC ID",
)  # fmt: skip
ORTHOLOGUES = [  # genes of mouse and rat (symbol, Entrez id, MGI id), and human ones (symbol, Entrez id)
    ([("mouse", "Trp53", "22059", "MGI:98834"), ("rat", "Tp53", "24842", "")], [("TP53", "7157")]),
    ([("mouse", "Bax", "12028", "MGI:99702"), ("rat", "Bax", "24887", "")], [("BAX", "581")]),
    ([("mouse", "Casp3", "12367", "MGI:107739")], [("CASP3", "836")]),
    ([("mouse", "Myc", "17869", "MGI:97250")], [("MYC", "4609")]),
    ([("mouse", "Cd3d", "12500", "MGI:88331")], [("CD3D", "915")]),
    ([("mouse", "Gstm3", "14864", "MGI:106026")], [("GSTM1", "2944")]),
    ([("mouse", "H2-Ab1", "14961", "MGI:103070")], [("HLA-DQB2", "3120"), ("HLA-DQB1", "3119")]),
    ([("mouse", "Serpina1a", "20700", "MGI:891971")], [("SERPINA1", "5265")]),
    ([("mouse", "Serpina1b", "20701", "MGI:891970")], [("SERPINA1", "5265")]),
    ([("mouse", "Vmn2r59", "628444", "MGI:3761518")], []),
]
TAXA = {"mouse": "10090", "rat": "10116", "human": "9606"}


def lay_out(classes):
    """Lay out classes of homologous genes as MGI does."""
    lines = ["\t".join(REPORT_COLUMNS)]
    for key, (genes, human) in enumerate(classes, start=47_871_959):
        for species, symbol, entrez, accession in [*genes, *(("human", *gene, "") for gene in human)]:
            name = "mouse, laboratory" if species == "mouse" else species
            lines.append("\t".join([str(key), name, TAXA[species], symbol, entrez, accession, ""]))
    return "\n".join(lines) + "\n"


N_BLOCKS, BLOCK_SIZE = 12, 25
BLOCK_GENES = [f"B{block}G{number}" for block in range(N_BLOCKS) for number in range(BLOCK_SIZE)]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Keep the tests out of the user's cache, and forbid downloads: orthologues are found by rule."""
    monkeypatch.setenv("GSFM_ENRICH_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("GSFM_ENRICH_OFFLINE", "1")


@pytest.fixture
def report_text():
    """What makes the text of a report out of classes of homologous genes."""
    return lay_out


@pytest.fixture
def homology_report(tmp_path):
    """A copy of a report of orthologues of mouse, rat and human."""
    path = tmp_path / "HOM_AllOrganism.rpt"
    path.write_text(lay_out(ORTHOLOGUES))
    return path


@pytest.fixture
def mouse_table(homology_report):
    """Orthologues of mouse that are in the cache, with which every function then works."""
    install_orthology("mouse", homology_report)
    return load_orthology("mouse")


@pytest.fixture(scope="session")
def block_model() -> GSFM:
    """Depth 1: the representation counts the genes of each block, a logit is the count of its block."""
    vocab = Vocab(["<unk>", "<pad>", *BLOCK_GENES])
    model = build(GSFMConfig(len(vocab), d_model=N_BLOCKS, depth=1, architecture="gsfm-scaled"), vocab)
    blocks = torch.zeros(len(vocab), N_BLOCKS)
    blocks[torch.arange(2, len(vocab)), torch.arange(len(BLOCK_GENES)) // BLOCK_SIZE] = 1
    noise = torch.from_numpy(np.random.default_rng(0).normal(0, 0.05, (len(vocab), N_BLOCKS))).float()
    popularity = torch.from_numpy(np.random.default_rng(1).normal(0, 2, len(vocab))).float()
    with torch.no_grad():
        model.encoder.layers[0].weight.copy_(blocks.T)
        model.encoder.layers[0].bias.zero_()
        model.output_layer.weight.copy_(3 * blocks + noise)
        model.output_layer.bias.copy_(popularity)
    return model.eval()


@pytest.fixture(scope="session")
def block_library() -> GeneSetLibrary:
    """Terms of 12 genes of one block; the last 5 genes of every block are in none of them."""
    rng = np.random.default_rng(0)
    sets = {}
    for number in range(3 * N_BLOCKS):
        block = number % N_BLOCKS
        chosen = rng.choice(BLOCK_SIZE - 5, 12, replace=False)
        sets[f"term {number} of block {block}"] = [f"B{block}G{gene}" for gene in chosen]
    return GeneSetLibrary.from_dict(sets, "blocks")


@pytest.fixture(scope="session")
def factor_library() -> GeneSetLibrary:
    """Sixty genes for each of twelve factors, one a block: fifteen of its own block, the others of any."""
    rng = np.random.default_rng(3)
    sets = {}
    for block in range(N_BLOCKS):
        mine = [gene for gene in BLOCK_GENES if gene.startswith(f"B{block}G") and not gene.endswith("G24")]
        some = list(rng.choice(mine, 15, replace=False))
        others = rng.choice([gene for gene in BLOCK_GENES if gene not in some], 45, replace=False)
        sets[f"B{block}G24_K562"] = [*some, *others]
    return GeneSetLibrary.from_dict(sets, "factors")


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


CORPUS_BLOCKS, CORPUS_BLOCK_SIZE = 6, 10


def corpus_of(sets_by_source, tokens):
    """Lay sets of units out as a corpus."""
    sets = [np.array(units, dtype=np.int32) for sets in sets_by_source.values() for units in sets]
    return Corpus(
        vocab=Vocab(tokens),
        units=np.concatenate(sets),
        starts=np.cumsum([0, *map(len, sets)]).astype(np.int64),
        source=np.repeat(np.arange(len(sets_by_source)), list(map(len, sets_by_source.values()))).astype(
            np.int16
        ),
        sources=tuple(sets_by_source),
        left_out={},
    )


@pytest.fixture
def make_corpus():
    """Make a corpus from sets of units by source, and tokens."""
    return corpus_of


@pytest.fixture(scope="session")
def block_corpus():
    """A corpus with an obvious structure: genes in blocks, and sets of one block each."""
    rng = np.random.default_rng(0)

    def draw(n, smallest, largest):
        blocks = rng.integers(CORPUS_BLOCKS, size=n)
        return [
            2
            + CORPUS_BLOCK_SIZE * block
            + rng.permutation(CORPUS_BLOCK_SIZE)[: rng.integers(smallest, largest + 1)]
            for block in blocks
        ]

    genes = [f"B{block}G{i}" for block in range(CORPUS_BLOCKS) for i in range(CORPUS_BLOCK_SIZE)]
    sources = {"literature": draw(400, 2, 5), "experiments": draw(100, 5, 10)}
    return corpus_of(sources, ["<unk>", "<pad>", *genes])
