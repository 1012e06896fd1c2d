"""What may the genes that nobody has studied be doing? Ask the model, then look at the evidence."""

import scanpy as sc

import gsfm_enrich as ge

adata = sc.datasets.pbmc68k_reduced()
sc.tl.rank_genes_groups(adata, "bulk_labels")
ge.tl.annotate_genes(adata, "GO_Biological_Process")

# who they are, how few papers there are, and where they are differentially expressed
genes = adata.uns["gsfm_annotate_genes"]["genes"]
hits = genes[genes["understudied"]]
print(hits[["gene", "publications", "groups", "predicted_function"]].to_string(max_colwidth=60))

# the ranked predictions for one gene: score, z-score against random sets, and whether it is already known
predictions = ge.predict_functions("C1orf162", top=5)
print(predictions.to_string())

# and the other way round: which genes belong to a term, beyond those it lists
candidates = ge.predict_genes("B cell receptor signaling pathway (GO:0050853)", top=5, known=False)
print(candidates.to_string())

assert adata.var.loc["C1orf162", "understudied"]
assert not adata.var.loc["CD79A", "understudied"]
assert predictions["z_score"].notna().all()
assert not candidates["known"].any()
