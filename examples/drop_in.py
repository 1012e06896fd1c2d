"""A gseapy notebook with one line changed: the import."""

# import gseapy as gp
import tempfile
from pathlib import Path

import gsfm_enrich as gp

glist = [
    "CD79A",
    "CD79B",
    "MS4A1",
    "CD19",
    "BANK1",
    "BLK",
    "PAX5",
    "CD22",
    "FCRLA",
    "VPREB3",
    "SPIB",
    "POU2AF1",
]

# ------------------------------------------------------------------ the cells of the notebook, as they were
with tempfile.TemporaryDirectory() as folder:
    enr = gp.enrichr(gene_list=glist, gene_sets=["GO_Biological_Process"], organism="human", outdir=folder)
    print("files:", ", ".join(sorted(path.name for path in Path(folder).iterdir())))
print(enr.results.head(5).to_string())

enr2 = gp.enrich(
    gene_list=glist,
    gene_sets={
        "B cell markers": ["CD79A", "CD79B", "MS4A1", "CD19"],
        "T cell markers": ["CD3D", "CD3E", "CD2"],
    },
    background=20000,
    outdir=None,
)
print(enr2.results.iloc[:, :8].to_string())

ax = gp.dotplot(enr.res2d, title="B cell genes", cmap="viridis_r", size=10, figsize=(3, 5), cutoff=0.5)
nodes, edges = gp.enrichment_map(enr.res2d, cutoff=1.0)
print(f"{len(nodes)} terms, {len(edges)} pairs of terms that share genes")

# ------------------------------------------------------------------ what is new stands in further columns
best = enr.results.iloc[0]
print(f"{best['Term']}: {best['Overlap']} measured, {best['Expected Overlap']:.1f} expected")

assert list(enr.results.columns[:3]) == ["Gene_set", "Term", "Overlap"]
assert enr.results is enr.res2d
assert len(edges) > 0
