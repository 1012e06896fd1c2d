"""The figures of the documentation, drawn from the tables in benchmarks/results/.

Each function reads one table that a benchmark wrote and returns the figure; the documentation's pages call
them when they are built, so that no figure in it is older than its table.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas.io.formats.style import Styler

from docs.readme import LIBRARIES, RESULTS

OVERLAP, MODEL = "overlap test (gseapy)", "GSFM p-value"
COLOURS = {OVERLAP: "0.45", MODEL: "C0"}


def interval(cells: pd.Series[str]) -> pd.DataFrame:
    """Split cells such as ``0.321 (0.268 to 0.379)`` into columns value, low and high."""
    parts = cells.astype(str).str.extract(r"^(?P<value>\S+)(?: \((?P<low>\S+) to (?P<high>\S+)\))?$")
    parts = parts.astype(float)
    return parts.assign(low=parts["low"].fillna(parts["value"]), high=parts["high"].fillna(parts["value"]))


def table(name: str, results: Path = RESULTS) -> Styler:
    """Return a table as its benchmark wrote it, to be shown in a notebook."""
    cells = pd.read_csv(results / name, sep="\t", dtype=str, keep_default_na=False)
    return cells.style.hide(axis="index")


def short(library: str) -> str:
    """Return the name of a library as the figures show it."""
    return library.replace("_", " ").removesuffix(" Human")


def term_ranking(results: Path = RESULTS) -> Figure:
    """Draw the mean reciprocal rank of the right term, overlap test beside model, a panel a protocol."""
    table = pd.read_csv(results / "term_ranking.tsv", sep="\t")
    table = table[table["method"].isin(COLOURS)]
    protocols = dict(list(table.groupby("protocol", sort=False)))
    heights = [rows["library"].nunique() for rows in protocols.values()]
    figure, axes = plt.subplots(
        len(protocols),
        1,
        figsize=(7, 0.8 + 0.45 * len(protocols) + 0.25 * sum(heights)),
        height_ratios=heights,
        sharex=True,
        squeeze=False,
        layout="constrained",
    )
    for ax, (protocol, of_protocol) in zip(axes[:, 0], protocols.items(), strict=True):
        libraries = list(dict.fromkeys(of_protocol["library"]))[::-1]
        for method, rows in of_protocol.groupby("method", sort=False):
            places = [libraries.index(library) for library in rows["library"]]
            draw_intervals(ax, interval(rows["MRR"]), places, str(method))
        ax.set_title(protocol, fontsize="medium", loc="left")
        ax.set(xlim=(0, 1.02), ylim=(-0.6, len(libraries) - 0.4))
        ax.set_yticks(range(len(libraries)), [short(library) for library in libraries])
        ax.grid(axis="x", color="0.9")
    axes[-1, 0].set_xlabel("mean reciprocal rank")
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=2, fontsize="small"
    )
    return figure


def draw_intervals(ax: Axes, figures: pd.DataFrame, places: list[int], method: str) -> None:
    """Draw one dot with its interval for each place."""
    below, above = figures["value"] - figures["low"], figures["high"] - figures["value"]
    ax.errorbar(
        figures["value"], places, xerr=[below, above], fmt="o", label=method, color=COLOURS[method], ms=5
    )


def calibration(column: str = "p<.05", nominal: float = 0.05, results: Path = RESULTS) -> Figure:
    """Draw how often random lists look significant, against their length, a panel a library."""
    table = pd.read_csv(results / "calibration.tsv", sep="\t")
    table = table[table["method"].isin(COLOURS) & table["library"].isin(LIBRARIES)]
    if "genes drawn" in table:
        table = table[table["genes drawn"] == "uniform"]
    libraries = list(dict.fromkeys(table["library"]))
    across = min(len(libraries), 3)
    down = -(-len(libraries) // across)
    figure, axes = plt.subplots(
        down,
        across,
        figsize=(0.6 + 2.6 * across, 0.5 + 2.3 * down),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for ax in axes.flat[len(libraries) :]:
        ax.remove()
    for ax, library in zip(axes.flat, libraries, strict=False):
        for method, rows in table[table["library"] == library].groupby("method", sort=False):
            share = interval(rows.set_index("query size")[column])["value"].sort_index()
            ax.plot(share.index, share, "o-", ms=4, color=COLOURS[str(method)], label=method)
        ax.axhline(nominal, color="C3", linewidth=0.8)
        ax.set(xscale="log", title=short(library))
        ax.title.set_fontsize("small")
    for ax in axes[-1]:
        ax.set_xlabel("genes in the random list")
    axes[0, 0].set_ylim(bottom=0)
    axes[0, 0].set_ylabel(column)
    axes[0, 0].legend(fontsize="x-small")
    return figure


def reliability(results: Path = RESULTS) -> Figure:
    """Draw observed against predicted shares of members, hidden and added later."""
    table = pd.read_csv(results / "reliability.tsv", sep="\t")
    kinds = {"hidden": table["truth"] == "hidden", "added later": table["truth"] != "hidden"}
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.4), sharex=True, sharey=True, layout="constrained")
    for ax, (kind, rows) in zip(axes, kinds.items(), strict=True):
        for number, row in enumerate(table[rows].to_dict("records")):
            cells = pd.Series([str(row[name]) for name in table.columns if " to " in name])
            parts = cells.str.extract(r"^(\S+) / (\S+) \((\d+)\)$").astype(float).dropna()
            ax.plot(parts[0], parts[1], "-", color=f"C{number}", lw=1, label=short(row["library"]))
            ax.scatter(parts[0], parts[1], s=6 * np.log10(parts[2]), color=f"C{number}")
        ax.plot([1e-4, 1], [1e-4, 1], color="C3", lw=0.8, zorder=0)
        ax.set(xscale="log", yscale="log", title=kind, xlabel="predicted share of members")
        ax.legend(fontsize="x-small")
    axes[0].set_ylabel("observed share")
    return figure


def gene_completion(results: Path = RESULTS) -> Figure:
    """Draw how well hidden halves of terms are found again: AUROC and average precision of every method."""
    table = pd.read_csv(results / "gene_completion.tsv", sep="\t")
    libraries = list(dict.fromkeys(table["library"]))[::-1]
    methods = list(dict.fromkeys(table["method"]))
    figure, axes = plt.subplots(
        1, 2, figsize=(8.5, 1.6 + 0.36 * len(libraries)), sharey=True, layout="constrained"
    )
    for ax, column in zip(axes, ("median AUROC", "mean AP"), strict=True):
        for number, method in enumerate(methods):
            rows = table[table["method"] == method]
            places = [libraries.index(library) for library in rows["library"]]
            marker, colour = (
                "D" if number == 0 else "o",
                plt.get_cmap("tab20")(2 * number % 20 + number // 10),
            )
            ax.plot(interval(rows[column])["value"], places, marker, color=colour, label=method, ms=5)
        ax.set_yticks(range(len(libraries)), [short(library) for library in libraries])
        ax.set_xlabel(column)
        ax.grid(axis="x", color="0.9")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, fontsize="small")
    return figure
