import pytest
import torch

from gsfm_enrich.model.build import build
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.vocab import Vocab


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small only lose time by sharing work between threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make_model():
    """Build a model with random weights and the genes G0, G1, ...; same arguments, same weights."""

    def make(n_genes=20, seed=0, **fields):
        config = GSFMConfig(**{"vocab_size": n_genes + 2, "d_model": 4, "dropout": 0.5, **fields})
        model = build(config, Vocab(["<unk>", "<pad>", *(f"G{i}" for i in range(n_genes))]))
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if name != "bias":  # about as large as its input, so that every gene matters in every layer
                    weight.normal_(
                        0, 1.5 / weight.shape[-1] ** 0.5 if weight.ndim == 2 else 0.2, generator=generator
                    )
        return model

    return make
