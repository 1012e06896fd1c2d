"""What the tests of several parts share.

A model whose answers are known: genes come in blocks, and a set is completed by its blocks. And a report of
orthologues like MGI's, with a few genes of each kind.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gsfm_enrich.genes.orthology import install_orthology, load_orthology
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, build
from gsfm_enrich.model.vocab import Vocab

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
