"""The base columns equal those of the installed gseapy on the same input."""

import warnings

import gseapy
import numpy as np
import pytest

from gsfm_enrich.drop_in.enrichr import enrich, enrichr
from gsfm_enrich.libraries.bundled import load_bundled
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.ranking.columns import BASE_COLUMNS

pytestmark = [
    pytest.mark.filterwarnings("ignore::gsfm_enrich.errors.GsfmEnrichWarning"),
    pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning:gseapy"),
]


def made_up(seed, n_terms=120, n_genes=900, prefix="GEN-", largest=150):
    rng = np.random.default_rng(seed)
    names = [f"{prefix}{i}" for i in range(n_genes)]
    sizes = rng.integers(1, largest, n_terms)
    # terms out of alphabetical order, with capitals and digits, as the order of rows is part of the contract
    terms = [f"{rng.choice(['b', 'A', 'Z', '1', 'é'])} term {i}" for i in range(n_terms)]
    return {term: rng.choice(names, n, replace=False).tolist() for term, n in zip(terms, sizes, strict=True)}


def go(name, n_terms):
    return dict(list(load_bundled(name).to_dict().items())[:n_terms])


def entrez(seed):
    return {term: [str(10_000_000 + int(g[4:])) for g in genes] for term, genes in made_up(seed).items()}


def mouse():
    sets = go("GO_Molecular_Function", 150)
    return {term: [gene.capitalize() for gene in genes] for term, genes in sets.items()}


LIBRARIES = {
    "made up": lambda: made_up(0),
    "repeated genes": lambda: {term: genes + genes[:3] for term, genes in made_up(1, 40).items()},
    "Entrez ids": lambda: entrez(2),
    "molecular function": lambda: go("GO_Molecular_Function", 400),
    "cellular component": lambda: go("GO_Cellular_Component", 200),
    "mouse case": mouse,
    "one term": lambda: {"only": [f"GEN-{i}" for i in range(30)]},
}


def gene_list(kind, sets):
    rng = np.random.default_rng(5)
    genes = sorted({gene for members in sets.values() for gene in members})
    few = rng.choice(genes, min(100, max(1, len(genes) // 2)), replace=False).tolist()
    numbers = all(gene.isdigit() for gene in genes)
    strangers = ["99999999", "99999998"] if numbers else ["STRANGER-1", "STRANGER-2"]
    return {
        "100 genes": few,
        "repeats and strangers": few[:30] + few[:10] + strangers,
        "one gene": few[:1],
        "all genes": genes,
    }[kind]


def background(kind, sets):
    rng = np.random.default_rng(6)
    genes = sorted({gene for members in sets.values() for gene in members})
    if genes[0].isdigit():
        more = [str(90_000_000 + i) for i in range(500)]
        # gseapy turns Entrez ids of the query and the sets into numbers, but not those of the background
        as_given = int
    else:
        more = [f"STRANGER-{i}" for i in range(500)]
        as_given = str
    half = rng.choice(genes, len(genes) // 2 + 1, replace=False).tolist()
    return {
        "none": None,
        "number": 20_000,
        "digits": "20000",
        "list": [as_given(gene) for gene in genes + more],
        "half": [as_given(gene) for gene in half + more[:20] + half[:5]],
        "set": {as_given(gene) for gene in half + more[:1]},
    }[kind]


def assert_same(ours, theirs):
    assert list(ours.columns) == list(theirs.columns) == list(BASE_COLUMNS)
    for column in ("Gene_set", "Term", "Overlap"):
        assert ours[column].tolist() == theirs[column].tolist()
    for column in ("P-value", "Adjusted P-value", "Odds Ratio", "Combined Score"):
        np.testing.assert_allclose(
            ours[column].to_numpy(), theirs[column].to_numpy(), rtol=1e-12, atol=0, err_msg=column
        )
    assert [set(genes.split(";")) for genes in ours["Genes"]] == [
        set(genes.split(";")) for genes in theirs["Genes"]
    ]
    assert ours.index.equals(theirs.index)
    assert ours.dtypes.tolist() == theirs.dtypes.tolist()


@pytest.mark.parametrize("genes", ["100 genes", "repeats and strangers", "one gene", "all genes"])
@pytest.mark.parametrize("universe", ["none", "number", "digits", "list", "half", "set"])
@pytest.mark.parametrize("name", LIBRARIES)
def test_parity(name, universe, genes):
    sets = LIBRARIES[name]()
    query, bg = gene_list(genes, sets), background(universe, sets)
    theirs = gseapy.enrich(query, sets, background=bg, outdir=None, no_plot=True)
    ours = enrich(query, sets, background=bg, outdir=None, no_plot=True, rerank=False)
    if theirs.res2d is None:
        assert ours.results.empty
    else:
        assert_same(ours.results, theirs.results)


def test_parity_of_a_lower_case_query():
    # gseapy loses symbols such as C1orf162 here: it puts query and background into capitals, but not the sets
    sets = {
        term: [gene for gene in genes if gene.isupper()]
        for term, genes in go("GO_Molecular_Function", 300).items()
    }
    query = [gene.lower() for gene in gene_list("100 genes", sets)]
    theirs = gseapy.enrich(query, sets, outdir=None, no_plot=True)
    ours = enrich(query, sets, rerank=False)
    assert_same(ours.results, theirs.results)
    assert ours.results["Genes"][0].isupper()


def test_parity_of_many_libraries_and_files(tmp_path):
    first, second = made_up(7), go("GO_Molecular_Function", 100)
    path = tmp_path / "mine.gmt"
    GeneSetLibrary.from_dict(made_up(8)).write_gmt(path)
    sources = [first, str(path), second]
    query = gene_list("100 genes", first)[:60] + gene_list("100 genes", second)[:60]
    for bg in (None, 15_000):
        theirs = gseapy.enrichr(query, sources, background=bg, no_plot=True)
        ours = enrichr(query, sources, background=bg, no_plot=True, sort="gseapy", rerank=False)
        assert set(ours.results["Gene_set"]) == {"gs_ind_0", "mine.gmt", "gs_ind_2"}
        assert_same(ours.results, theirs.results)


def test_a_rescued_identifier_only_adds():
    """What gseapy finds stays as it is in every row that the rescued gene does not touch."""
    sets = go("GO_Molecular_Function", 300)
    genes = gene_list("100 genes", sets)
    query = [gene for gene in genes if gene != "TP53"]
    tp53 = {term for term, members in sets.items() if "TP53" in members}
    assert tp53
    ours = enrich([*query, "p53"], sets, background=20_000, rerank=False).results
    theirs = gseapy.enrich([*query, "p53"], sets, background=20_000, outdir=None, no_plot=True).results
    untouched = ours[~ours["Term"].isin(tp53)].reset_index(drop=True)
    # adjusted p-values see all terms with hits, so they may move
    expected = theirs[~theirs["Term"].isin(tp53)].reset_index(drop=True)
    assert_same(untouched.assign(**{"Adjusted P-value": 0.0}), expected.assign(**{"Adjusted P-value": 0.0}))
    touched = ours[ours["Term"].isin(tp53)]
    before = theirs.set_index("Term")["Overlap"].str.split("/").str[0].astype(int)
    for term, overlap in zip(touched["Term"], touched["Overlap"], strict=True):
        assert int(overlap.split("/")[0]) == before.get(term, 0) + 1


def test_infinite_scores_as_in_gseapy():
    genes = [f"GEN-{i}" for i in range(3000)]
    sets = {"half": genes[:1500], "other": genes[1500:]}
    query = genes[:1500]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # gseapy divides by zero aloud
        theirs = gseapy.enrich(query, sets, outdir=None, no_plot=True).results
    ours = enrich(query, sets, rerank=False).results
    assert_same(ours, theirs)
    assert ours["P-value"][0] == 0
    assert ours["Combined Score"][0] == np.inf
