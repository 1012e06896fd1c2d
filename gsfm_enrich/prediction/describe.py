"""The tables about a gene in plain language, with nothing added."""

from __future__ import annotations

import pandas as pd

LIKELY, POSSIBLE = 0.5, 0.1
"""Probabilities from which a prediction is called likely, or possible."""
NAMED = 3


def describe_gene(
    info: pd.DataFrame,
    functions: pd.DataFrame,
    neighbours: pd.DataFrame,
    in_context: pd.DataFrame | None = None,
) -> str:
    """Describe the tables about one gene in a paragraph.

    Parameters
    ----------
    info
        Its row of `gsfm_enrich.gene_info`.
    functions
        Its rows of `gsfm_enrich.predict_functions`.
    neighbours
        Its rows of `gsfm_enrich.neighbors`.
    in_context
        Its rows of `gsfm_enrich.functions_in_context`.

    Returns
    -------
    str
        Sentences in which every number (rounded) and name comes from one of the tables.

    Examples
    --------
    >>> from gsfm_enrich import gene_info
    >>> empty = pd.DataFrame()
    >>> print(describe_gene(gene_info("FUOM"), empty, empty))
    FUOM (fucose mutarotase, protein-coding) is understudied: 10 publications, 2 when shared among the genes
    they name (at most 5), no function from an experiment. The model does not know it and predicts nothing.
    """
    sentences = [_who(info.iloc[0])]
    if functions.empty:
        return " ".join([*sentences, "The model does not know it and predicts nothing."])
    sentences += _known(functions) + _new(functions)
    if len(neighbours):
        closest = _and(neighbours["neighbour"].head(NAMED))
        sentences.append(f"The genes that are most similar to it in the model are {closest}.")
    if in_context is not None and len(in_context):
        sentences.append(_shared(in_context.iloc[0]))
    return " ".join(sentences)


def _who(info: pd.Series) -> str:
    """Say which gene it is and how well studied it is."""
    if not info["symbol"]:
        return f"{info['gene']} is not in the gene table."
    other = f", given as {info['gene']}" if info["gene"] != info["symbol"] else ""
    what = f"{info['symbol']} ({info['name']}, {info['type']}{other})"
    return f"{what} is {'understudied' if info['understudied'] else 'not understudied'}: {info['why']}."


def _known(functions: pd.DataFrame) -> list[str]:
    """Say which of the listed terms are known."""
    known = functions[functions["known"]]
    if known.empty:
        return [f"None of the {len(functions)} terms listed below is known for it."]
    named = _and(known["term"].head(NAMED))
    if len(functions) == 1:
        return [f"The term listed below, {named}, is known for it."]
    are = "is" if len(known) == 1 else "are"
    return [f"Of the {len(functions)} terms listed below, {len(known)} {are} known for it, such as {named}."]


def _new(functions: pd.DataFrame) -> list[str]:
    """Say what the best new function is, how certain it is, and why."""
    new = functions[~functions["known"]]
    if new.empty:
        return []
    possible = new[new["probability"] >= POSSIBLE]
    if possible.empty:
        top = new.sort_values("probability", ascending=False).iloc[0]
        return [
            f"The model cannot say what else it does: the most probable new function, {top['term']}, "
            f"has a probability of {float(top['probability']):.2g}."
        ]
    best = possible.iloc[0]
    probability = float(best["probability"])
    degree = "likely" if probability >= LIKELY else "possible"
    sentences = [
        f"Its best new function is {best['term']}, which is {degree} (probability {probability:.2g})."
    ]
    if pd.notna(best["term_auroc"]):
        sentences.append(
            f"Members of that term that were hidden from the model are found with an AUROC of "
            f"{best['term_auroc']:.2f} (0.5 is chance), and this gene is placed above "
            f"{100 * best['gene_percentile']:.1f} % of the genes outside it."
        )
    if best["neighbours"]:
        sentences.append(
            f"Most similar to it among the genes of the term: {_and(best['neighbours'].split(';'))}."
        )
    if best["caution"]:
        sentences.append(f"Caution: {best['caution']}.")
    return sentences


def _shared(best: pd.Series) -> str:
    """Say what it shares with its companions."""
    if not best["companions"]:
        return (
            f"In the list it was found with, {best['term']} ranks first, but contains none of its companions."
        )
    return (
        f"The function it most probably shares with the genes it was found with is {best['term']}: "
        f"{best['expected_companions']:.1f} of them are expected there, "
        f"{best['fold_enrichment']:.1f} times as many as for random genes, "
        f"among them {_and(best['companions'].split(';'))}."
    )


def _and(names: pd.Series | list[str]) -> str:
    """Join names as in a sentence."""
    given = [str(name) for name in names]
    return given[0] if len(given) == 1 else f"{', '.join(given[:-1])} and {given[-1]}"
