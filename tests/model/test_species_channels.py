"""The species layer in front of channels, against the human model on mapped sets and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from gsfm_enrich.genes.homology import Homologue
from gsfm_enrich.genes.orthology import Orthology
from gsfm_enrich.model.channels import ChannelGSFM
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, pack
from gsfm_enrich.model.species import SpeciesGSFM, biadjacency
from gsfm_enrich.model.species_channels import SpeciesChannels, species_layer
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.training.cooccurrence import strongest_neighbours

HUMAN = ["<unk>", "<pad>", "TP53", "HLA-DQB1", "HLA-DQB2", "SERPINA1", "MYC", "EGFR", "BAX", "CASP3"]
MOUSE = Orthology(
    "mouse",
    (
        Homologue("H2-Ab1", "14961", "", ("3119", "3120")),
        Homologue("Myc", "17869", "", ("4609",)),
        Homologue("Serpina1a", "20700", "", ("5265",)),
        Homologue("Trp53", "22059", "", ("7157",)),
        Homologue("Bax", "12028", "", ("581",)),
        Homologue("Casp3", "12367", "", ("836",)),
    ),
)


@pytest.fixture
def human() -> ChannelGSFM:
    rng = np.random.default_rng(0)
    v = len(HUMAN)
    config = GSFMConfig(v, architecture="gsfm-channels", dense={"a": 3, "b": 2}, tables={"t": 4, "u": 3})
    model = ChannelGSFM(config, Vocab(HUMAN))
    for channel in model.dense_channels:
        places = rng.standard_normal((v, channel.factors.shape[1])).astype(np.float32)
        places[:2] = 0
        channel.store(places)
    for table in model.table_channels:
        near = rng.random((v, v)).astype(np.float32)
        near[:2] = near[:, :2] = 0
        table.store(*strongest_neighbours(csr_array(near), table.neighbours.shape[1]))
    model.gate = torch.tensor([[0.3, 0.5, -0.2], [-0.5, 0.2, 0.1], [0.1, 0.8, 0.4], [0.2, -0.3, 0.1]])
    return model.eval()


def sets_of(vocab: Vocab, *sets: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    return pack([np.array([vocab.index[gene] for gene in genes]) for genes in sets])


def test_it_starts_as_the_plain_mapping(human: ChannelGSFM) -> None:
    layer = species_layer(human, biadjacency(human, MOUSE))
    assert isinstance(layer, SpeciesChannels)
    mouse = [["Trp53", "H2-Ab1"], ["Serpina1a"], ["Myc", "Bax", "Casp3", "Trp53"]]
    mapped = [["TP53", "HLA-DQB1"], ["SERPINA1"], ["MYC", "BAX", "CASP3", "TP53"]]
    ours = layer(*sets_of(layer.vocab, *mouse)).detach().numpy()
    theirs = human.complete(mapped)[:, layer.pairs.best]
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_gradients_are_those_of_finite_differences(human: ChannelGSFM) -> None:
    layer = species_layer(human, biadjacency(human, MOUSE))
    with torch.no_grad():
        layer.weight.copy_(0.5 + torch.rand(len(layer.weight), generator=torch.Generator().manual_seed(0)))
    bags = sets_of(layer.vocab, ["Trp53", "H2-Ab1", "Bax"], ["Myc", "Casp3"])
    layer(*bags).square().sum().backward()
    gradient = layer.weight.grad
    assert gradient is not None
    step = 1e-2
    for place in range(2, len(layer.weight)):
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                layer.weight[place] += sign * step
                values.append(float(layer(*bags).double().square().sum()))
                layer.weight[place] -= sign * step
        assert (values[0] - values[1]) / (2 * step) == pytest.approx(
            float(gradient[place]), rel=0.05, abs=0.02
        )


def test_only_the_layer_learns(human: ChannelGSFM) -> None:
    before = {name: value.clone() for name, value in human.state_dict().items()}
    layer = species_layer(human, biadjacency(human, MOUSE))
    assert [name for name, value in layer.named_parameters() if value.requires_grad] == ["weight"]
    layer(*sets_of(layer.vocab, ["Trp53", "H2-Ab1"])).square().sum().backward()
    for name, value in human.state_dict().items():
        assert torch.equal(value, before[name])


def test_an_autoencoder_gets_the_layer_for_autoencoders() -> None:
    model = GSFM(GSFMConfig(len(HUMAN), d_model=3), Vocab(HUMAN)).eval()
    assert isinstance(species_layer(model, biadjacency(model, MOUSE)), SpeciesGSFM)
