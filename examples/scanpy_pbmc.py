"""From clusters to ranked terms in five lines of a scanpy notebook."""

import scanpy as sc

import gsfm_enrich as ge

adata = sc.datasets.pbmc68k_reduced()
sc.tl.rank_genes_groups(adata, "bulk_labels")
ge.tl.enrichr(adata, "GO_Biological_Process")
table = ge.get.enrichr_df(adata, "CD19+ B", direction="up")
print(
    table[["Term", "Overlap", "Expected Overlap", "GSFM Adjusted P-value", "Predicted Genes"]]
    .head()
    .to_string()
)

# every group is there, up and down apart, and the background is what was tested
assert set(ge.get.enrichr_df(adata)["group"]) == set(adata.obs["bulk_labels"])
assert adata.uns["gsfm_enrichr"]["params"]["background_genes"] == adata.raw.n_vars
