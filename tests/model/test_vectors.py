"""Gene vectors become a model: every kind of file, known genes, and genes near each other complete a set."""

import gzip

import anndata
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

import gsfm_enrich as ge
from gsfm_enrich.genes.lookup import approved_symbols

GENES = list(approved_symbols()[:300])
GROUP = 30


@pytest.fixture(scope="module")
def vectors():
    """Ten groups of thirty genes, each around a direction of its own."""
    rng = np.random.default_rng(0)
    centres = np.repeat(rng.normal(size=(10, 12)), GROUP, axis=0)
    return (centres + 0.3 * rng.normal(size=(300, 12))).astype(np.float32)


def test_a_set_is_completed_by_the_genes_beside_it(vectors):
    model = ge.GeneVectors.of(GENES, vectors)
    scores = model.complete([GENES[:8]])[0, 2:]
    best = np.argsort(-scores)[:25]
    assert np.mean(best < GROUP) > 0.95
    assert scores[:GROUP].min() > np.median(scores[GROUP:])


def test_a_dimension_that_all_genes_share_does_not_dominate(vectors):
    rng = np.random.default_rng(1)
    noisy = np.hstack([vectors, 5 * rng.normal(size=(300, 1)).astype(np.float32)])
    centred = noisy - noisy.mean(axis=0)
    plain = np.mean(np.argsort(-centred @ centred[:8].mean(axis=0))[:25] < GROUP)
    scores = ge.GeneVectors.of(GENES, noisy).complete([GENES[:8]])[0, 2:]
    assert np.mean(np.argsort(-scores)[:25] < GROUP) > plain + 0.2


def test_every_kind_of_file_is_the_same_model(tmp_path, vectors):
    frame = pd.DataFrame(vectors, index=GENES)
    frame.to_csv(tmp_path / "v.csv")
    with gzip.open(tmp_path / "v.tsv.gz", "wt") as file:
        frame.to_csv(file, sep="\t")
    np.savez(tmp_path / "v.npz", genes=np.array(GENES), vectors=vectors)
    save_file({"vectors": vectors}, tmp_path / "v.safetensors", metadata={"genes": "\n".join(GENES)})
    adata = anndata.AnnData(np.zeros((2, 300)), var=pd.DataFrame(index=GENES), varm={"X_genes": vectors})
    adata.write_h5ad(tmp_path / "v.h5ad")
    expected = ge.GeneVectors.of(GENES, vectors).output[0]
    for source in [frame, adata, *sorted(tmp_path.iterdir())]:
        model = ge.GeneVectors.read(source)
        assert model.vocab.genes == tuple(GENES)
        np.testing.assert_allclose(model.output[0], expected, atol=1e-2)


def test_a_saved_model_is_loaded_and_used_like_any_other(tmp_path, vectors):
    model = ge.GeneVectors.of(GENES, vectors)
    ge.save_model(model, tmp_path / "mine")
    loaded = ge.load_model(tmp_path / "mine")
    query = [GENES[:8]]
    np.testing.assert_array_equal(loaded.complete(query), model.complete(query))
    sets = {f"group {i}": GENES[GROUP * i : GROUP * i + 20] for i in range(10)}
    with pytest.warns(ge.GsfmEnrichWarning, match="10 of 15 query genes are in none"):
        table = ge.enrichr(GENES[15:30], sets, model=model, min_overlap=0, background=GENES).results
    assert table["Term"][0] == "group 0"
    assert table["Expected Overlap"][0] > 7  # five of them are members


def test_names_are_resolved_and_what_is_lost_is_said(vectors):
    names = ["ENSG00000141510", "TP53", "no such gene", *GENES[3:]]
    with pytest.warns(ge.GsfmEnrichWarning) as said:
        model = ge.GeneVectors.of(names, vectors)
    texts = " ".join(str(warning.message) for warning in said)
    assert "1 of 300" in texts
    assert "no such gene" in texts
    assert "TP53" in model.vocab.genes
    assert len(model.vocab.genes) == len(set(model.vocab.genes))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda v, p: ge.GeneVectors.of(GENES[:50], v[:50]), "50 known genes.*100"),
        (lambda v, p: ge.GeneVectors.of(GENES, v[:, :1]), "1 dimensions"),
        (lambda v, p: ge.GeneVectors.of(GENES, np.where(v == v[3, 3], np.nan, v)), "1 vectors.*not finite"),
        (lambda v, p: ge.GeneVectors.of(GENES[:-1], v), r"299 genes.*\(300, 12\)"),
        (lambda v, p: ge.GeneVectors.read(p / "no.csv"), "no such file"),
        (lambda v, p: ge.GeneVectors.read(3), "int"),
        (lambda v, p: ge.GeneVectors.read(anndata.AnnData(np.zeros((2, 3)))), "there are none"),
    ],
)
def test_bad_input_is_said_in_a_sentence(make, message, vectors, tmp_path):
    with pytest.raises(ge.InputError, match=message):
        make(vectors, tmp_path)


def test_text_that_is_no_number_names_its_line(tmp_path):
    (tmp_path / "v.csv").write_text("gene,a,b\nTP53,1,2\nMYC,1,many\n")
    with pytest.raises(ge.InputError, match="line 3"):
        ge.GeneVectors.read(tmp_path / "v.csv")
    np.savez(tmp_path / "v.npz", vectors=np.zeros((2, 2)))
    with pytest.raises(ge.InputError, match="lacks genes; it has vectors"):
        ge.GeneVectors.read(tmp_path / "v.npz")


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".h5ad", ".csv.gz"])
def test_damaged_files_are_named(suffix, tmp_path):
    (tmp_path / f"v{suffix}").write_bytes(b"no such format")
    with pytest.raises(ge.InputError, match=rf"v{suffix}: cannot be read"):
        ge.GeneVectors.read(tmp_path / f"v{suffix}")
