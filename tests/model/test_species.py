"""The species layer, against the human model on mapped sets and a dense product written out."""

import numpy as np
import pytest
import torch

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.homology import Homologue
from gsfm_enrich.genes.orthology import Orthology
from gsfm_enrich.model.build import build
from gsfm_enrich.model.checkpoint import load_model, save_model
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import pack
from gsfm_enrich.model.species import SpeciesGSFM, biadjacency
from gsfm_enrich.model.vocab import Vocab

HUMAN = ["<unk>", "<pad>", "TP53", "HLA-DQB1", "HLA-DQB2", "SERPINA1", "MYC", "EGFR"]
MOUSE = Orthology(
    "mouse",
    (
        Homologue("H2-Ab1", "14961", "", ("3119", "3120")),
        Homologue("Myc", "17869", "", ("4609",)),
        Homologue("Serpina1a", "20700", "", ("5265",)),
        Homologue("Serpina1b", "20701", "", ("5265",)),
        Homologue("Trp53", "22059", "", ("7157",)),
        Homologue("Vmn2r59", "628444", "", ()),
        Homologue("Zfp1", "22640", "", ("162239",)),  # the model does not know ZFP1
    ),
)
DESIGNS = [("gsfm", 1), ("gsfm", 2), ("gsfm-scaled", 1), ("gsfm-scaled", 2)]


@pytest.fixture(params=DESIGNS, ids=lambda design: f"{design[0]}, depth {design[1]}")
def human(request):
    architecture, depth = request.param
    torch.manual_seed(0)
    config = GSFMConfig(len(HUMAN), d_model=8, depth=depth, architecture=architecture)
    model = build(config, Vocab(HUMAN))
    return model.eval()


def sets_of(vocab, *sets):
    return pack([np.array([vocab.index[gene] for gene in genes]) for genes in sets])


def test_biadjacency(human):
    pairs = biadjacency(human, MOUSE)
    assert pairs.vocab.genes == ("H2-Ab1", "Myc", "Serpina1a", "Serpina1b", "Trp53")
    named = [
        [HUMAN[unit] for unit in pairs.human[a:b]]
        for a, b in zip(pairs.starts, pairs.starts[1:], strict=False)
    ]
    assert named == [
        ["<unk>"], ["<pad>"], ["HLA-DQB1", "HLA-DQB2"], ["MYC"], ["SERPINA1"], ["SERPINA1"], ["TP53"],
    ]  # fmt: skip
    assert [HUMAN[unit] for unit in pairs.best[2:]] == ["HLA-DQB1", "MYC", "SERPINA1", "SERPINA1", "TP53"]


def test_it_starts_as_the_plain_mapping(human):
    layer = SpeciesGSFM(human, biadjacency(human, MOUSE))
    ours = layer(*sets_of(layer.vocab, ["Trp53", "H2-Ab1"], ["Serpina1b"], ["Myc", "Serpina1a", "Trp53"]))
    theirs = human(*sets_of(human.vocab, ["TP53", "HLA-DQB1"], ["SERPINA1"], ["MYC", "SERPINA1", "TP53"]))
    torch.testing.assert_close(ours, theirs[:, layer.pairs.best])


@pytest.mark.parametrize("design", DESIGNS, ids=str)
def test_against_the_dense_product(design):
    """Multi-hot genes times the masked layer times the first weights, as matrices."""
    architecture, depth = design
    torch.manual_seed(1)
    model = build(
        GSFMConfig(len(HUMAN), d_model=3, depth=depth, architecture=architecture), Vocab(HUMAN)
    ).eval()
    layer = SpeciesGSFM(model, biadjacency(model, MOUSE))
    with torch.no_grad():
        layer.weight.copy_(torch.rand(len(layer.weight)))
    sets = [["Trp53", "H2-Ab1"], ["Serpina1a", "Serpina1b", "Myc"]]
    matrix = torch.zeros(len(layer.vocab), len(HUMAN))
    mask = torch.zeros(len(layer.vocab), len(HUMAN), dtype=torch.bool)
    for species, gene, weight in layer.functional_orthology():
        matrix[layer.vocab.index[species], HUMAN.index(gene)] = weight
        mask[layer.vocab.index[species], HUMAN.index(gene)] = True
    assert mask.sum() == 6
    multi_hot = torch.zeros(2, len(layer.vocab))
    for row, genes in enumerate(sets):
        multi_hot[row, [layer.vocab.index[gene] for gene in genes]] = 1
        if architecture == "gsfm-scaled":
            multi_hot[row] /= len(genes) ** 0.5
    expected = model.decoder.layers(model.encoder.layers(multi_hot @ matrix))[:, layer.pairs.best]
    torch.testing.assert_close(layer(*sets_of(layer.vocab, *sets)), expected)
    folded = layer.folded()
    torch.testing.assert_close(folded(*sets_of(layer.vocab, *sets)), expected)


def test_only_the_layer_learns(human):
    before = {name: weight.clone() for name, weight in human.state_dict().items()}
    layer = SpeciesGSFM(human, biadjacency(human, MOUSE))
    assert [name for name, weight in layer.named_parameters() if weight.requires_grad] == ["weight"]
    layer.train()
    assert not human.training
    units, offsets = sets_of(layer.vocab, ["Trp53", "H2-Ab1"])
    layer(units, offsets).square().sum().backward()
    slopes = zip(layer.functional_orthology(), layer.weight.grad[2:], strict=True)
    assert {gene for (gene, _, _), slope in slopes if slope} == {"Trp53", "H2-Ab1"}
    assert layer.weight.grad[2:4].ne(0).all()  # the second orthologue of H2-Ab1, too, whose weight is 0
    for name, weight in human.state_dict().items():
        assert torch.equal(weight, before[name])


def test_a_folded_model_is_a_checkpoint(human, tmp_path):
    layer = SpeciesGSFM(human, biadjacency(human, MOUSE))
    folded = layer.folded()
    assert folded.vocab == layer.vocab
    save_model(folded, tmp_path)
    loaded = load_model(tmp_path)
    bags = sets_of(layer.vocab, ["Trp53", "H2-Ab1"], ["Myc"])
    torch.testing.assert_close(loaded(*bags), folded(*bags))


def test_without_a_table(human):
    with pytest.raises(InputError) as caught:
        biadjacency(human, Orthology("mouse"))
    assert str(caught.value) == (
        "A species layer needs the orthology table of mouse; get it with gsfm-enrich orthology --update, "
        "or --from FILE."
    )


def test_a_model_that_knows_none_of_the_genes(human):
    with pytest.raises(InputError) as caught:
        biadjacency(human, Orthology("rat", (Homologue("Zfp1", "22640", "", ("162239",)),)))
    assert str(caught.value) == "The model knows no orthologue of any gene of rat."
