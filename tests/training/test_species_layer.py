"""Fitting a species layer: on sets where one of two orthologues is the right one, and where nothing is."""

import numpy as np
import pytest
import torch

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.homology import Homologue
from gsfm_enrich.genes.orthology import Orthology
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.model.build import build
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.species import SpeciesGSFM, biadjacency
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.training import species
from gsfm_enrich.training.config import TrainingConfig
from gsfm_enrich.training.species import fit_species, species_corpus

BLOCKS, SIZE = 4, 10
TRAINING = TrainingConfig(
    steps=60, batch_size=32, learning_rate=0.1, warmup=5, held_out=0.2, validate_every=10
)


@pytest.fixture(scope="module")
def world():
    """A human model of four blocks of genes, and mouse genes of which the first leads to a wrong block.

    Gene ``Odd`` has two orthologues: the plain mapping takes one of block 0, but in mouse sets it goes with
    block 1, as its second orthologue does.
    """
    table = load_gene_table()
    coding = table[table["type"] == "protein-coding"].nlargest(BLOCKS * SIZE, "publications")
    symbols, entrez = coding["symbol"].tolist(), coding["entrez"].tolist()
    vocab = Vocab(["<unk>", "<pad>", *symbols])
    model = build(GSFMConfig(len(vocab), d_model=BLOCKS, depth=1, architecture="gsfm-scaled"), vocab)
    blocks = torch.zeros(len(vocab), BLOCKS)
    blocks[torch.arange(2, len(vocab)), torch.arange(BLOCKS * SIZE) // SIZE] = 1
    with torch.no_grad():
        model.encoder.layers[0].weight.copy_(blocks.T)
        model.encoder.layers[0].bias.zero_()
        model.output_layer.weight.copy_(3 * blocks)
        model.output_layer.bias.zero_()
    genes = [Homologue(f"Gene{number}", "", "", (key,)) for number, key in enumerate(entrez)]
    genes.append(Homologue("Odd", "", "", (entrez[0], entrez[SIZE])))  # the first has more publications
    return model, Orthology("mouse", tuple(sorted(genes)))


def write_sets(path, odd_goes_with):
    """Sets of six genes of one block; those of one block also hold ``Odd``."""
    rng = np.random.default_rng(0)
    lines = []
    for number in range(120):
        block = number % BLOCKS
        genes = [f"Gene{block * SIZE + gene}" for gene in rng.choice(SIZE, 6, replace=False)]
        genes += ["Odd"] * 2 if block == odd_goes_with else []
        lines.append("\t".join([f"set {number}", "", *genes]))
    path.write_text("\n".join(lines) + "\n")
    return path


def weights_of(layer, gene):
    return [weight for species, _, weight in layer.functional_orthology() if species == gene]


def test_it_learns_which_orthologue_it_is(world, tmp_path):
    model, orthology = world
    layer = SpeciesGSFM(model, biadjacency(model, orthology))
    assert weights_of(layer, "Odd") == [1.0, 0.0]
    corpus = species_corpus([write_sets(tmp_path / "a.gmt", 1)], orthology, layer)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    history = fit_species(layer, corpus, TRAINING, pull=0.0)
    first, second = weights_of(layer, "Odd")
    assert first < 0.2
    assert second > 0.5
    assert history[0][0] == 0
    assert min(loss for _, loss in history) < history[0][1]
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, before[name])


def test_weights_stay_at_0_or_above_and_runs_repeat(world, tmp_path):
    model, orthology = world
    corpus = None
    found = []
    for _ in range(2):
        layer = SpeciesGSFM(model, biadjacency(model, orthology))
        corpus = corpus or species_corpus([write_sets(tmp_path / "a.gmt", 1)], orthology, layer)
        history = fit_species(layer, corpus, TRAINING)
        found.append((layer.weight.tolist(), history))
        assert min(layer.weight.tolist()) >= 0
    assert found[0] == found[1]


def test_a_strong_pull_keeps_the_plain_mapping(world, tmp_path):
    model, orthology = world
    layer = SpeciesGSFM(model, biadjacency(model, orthology))
    plain = layer.weight.detach().clone()
    corpus = species_corpus([write_sets(tmp_path / "a.gmt", 1)], orthology, layer)
    steps = TrainingConfig(
        steps=20, batch_size=32, learning_rate=1e-3, warmup=0, held_out=0.2, validate_every=10
    )
    fit_species(layer, corpus, steps, pull=1e4)
    assert (layer.weight - plain).abs().max() < 0.01


def test_the_best_weights_on_held_out_sets_are_kept(world, tmp_path, monkeypatch):
    model, orthology = world
    layer = SpeciesGSFM(model, biadjacency(model, orthology))
    corpus = species_corpus([write_sets(tmp_path / "a.gmt", 1)], orthology, layer)
    losses, seen = iter([5.0, 4.0, 3.0, 3.5, 6.0]), []

    def validate(layer, *_):
        seen.append(layer.weight.detach().clone())
        return next(losses)

    monkeypatch.setattr(species, "validate", validate)
    steps = TrainingConfig(steps=4, batch_size=8, learning_rate=0.1, warmup=0, validate_every=1)
    assert fit_species(layer, corpus, steps) == [(0, 5.0), (1, 4.0), (2, 3.0), (3, 3.5), (4, 6.0)]
    assert not torch.equal(seen[2], seen[-1])
    assert torch.equal(layer.weight.detach(), seen[2])


def test_progress_is_reported(world, tmp_path):
    model, orthology = world
    layer = SpeciesGSFM(model, biadjacency(model, orthology))
    corpus = species_corpus([write_sets(tmp_path / "a.gmt", 1)], orthology, layer)
    steps = TrainingConfig(steps=3, batch_size=8, held_out=0.2, validate_every=2)
    told = []
    history = fit_species(layer, corpus, steps, report=lambda *entry: told.append(entry))
    assert [done for done, _, _ in told] == [1, 2, 3]
    assert [(done, loss) for done, _, loss in told if loss is not None] == history[1:]


def test_species_corpus(world, tmp_path):
    model, orthology = world
    layer = SpeciesGSFM(model, biadjacency(model, orthology))
    path = tmp_path / "a.gmt"
    path.write_text("x\t\tGENE1\tgene2\tGene3\tGene4\tOdd\tGm1\nsmall\t\tGene1\tGene2\tGm1\tGm2\n")
    corpus = species_corpus([path], orthology, layer)
    assert [{corpus.vocab.tokens[unit] for unit in corpus[i]} for i in range(len(corpus))] == [
        {"Gene1", "Gene2", "Gene3", "Gene4", "Odd"}
    ]
    assert corpus.vocab == layer.vocab
    assert corpus.sources == ("a",)
    assert corpus.left_out == {
        "genes without an orthologue that the model knows": 3,
        "sets outside 5 to 2000 genes": 1,
    }


def test_sets_of_another_species(world, tmp_path):
    model, orthology = world
    layer = SpeciesGSFM(model, biadjacency(model, orthology))
    (tmp_path / "fly.gmt").write_text("x\t\tdpp\twg\ten\n")
    with pytest.raises(InputError) as caught:
        species_corpus([tmp_path / "fly.gmt"], orthology, layer)
    assert str(caught.value) == (
        "No gene set has 5 to 2000 genes of mouse with an orthologue; is it the right species?"
    )
