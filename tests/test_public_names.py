"""The public names, what importing them costs, and the direction of imports between the parts."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import gseapy
import networkx as nx
import pytest

import gsfm_enrich as ge

PACKAGE = Path(ge.__file__).parent
WRAPPED = {"Enrichr",   # gseapy's, with our columns or our gene sets
    "GSEA", "GSVA", "Prerank", "SingleSampleGSEA", "barplot", "dotplot", "enrichment_map", "get_library",
    "get_library_name", "gsea", "gsva", "prerank", "ssgsea",
}  # fmt: skip
OWN = WRAPPED | {
    "CheckpointError", "GSFM", "GSFMConfig", "GeneSetLibrary", "GeneVectors", "GsfmEnrichError",
    "GsfmEnrichWarning", "InputError", "LibraryError", "MissingPackageError", "OfflineError", "Vocab",
    "augment", "describe_gene", "enrich", "enrich_ranked", "enrichr",
    "functions_in_context", "gene_info", "gene_modules", "gene_report", "get", "group_terms",
    "list_fit", "list_report", "load_libraries", "load_model", "membership_net", "neighbors", "new_functions",
    "pl", "predict_all",
    "predict_functions", "predict_genes", "rank_terms", "ranked_evidence", "report", "resolve", "save_model",
    "term_evidence", "tl", "write_graph",
}  # fmt: skip
FORWARDED = ({*gseapy.__all__} | {"plot", "parser", "scipalette"}) - OWN

# what each part may import; "data" holds files alone
ARROWS = {
    "errors": set(),
    "arguments": {"descriptions", "errors", "organisms"},
    "descriptions": set(),
    "organisms": {"errors"},
    "arrays": set(),
    "kept": set(),
    "files": {"errors"},
    "progress": set(),
    "genes": {"errors", "files"},
    "libraries": {"errors", "files", "genes"},
    "data": set(),
    "model": {"errors", "files", "genes"},
    "training": {"errors", "files", "genes", "libraries", "model"},
    "ranking": {"errors", "files", "genes", "libraries", "model"},
    "evaluation": {"errors", "files", "genes", "libraries", "model", "training"},
    "prediction": {"errors", "files", "genes", "libraries", "model", "ranking"},
    "expression": {"errors", "genes", "ranking"},
    "pl": {"errors", "files", "genes", "libraries", "model", "ranking", "prediction", "expression", "get"},
    "get": {"errors", "expression", "ranking"},
    "drop_in": {"errors", "files", "genes", "libraries", "model", "ranking", "pl"},
    "tl": {
        "errors", "genes", "libraries", "model", "ranking", "prediction", "expression", "drop_in",
        "get",
    },
    "html": {"errors", "files", "genes", "prediction", "get", "pl", "ranking"},
    "exports": {"errors", "files", "pl"},
    "commands": {
        "errors", "files", "genes", "libraries", "model", "training", "evaluation", "ranking", "prediction",
        "expression", "drop_in", "get", "tl", "pl", "html",
    },
    "cli": {"commands", "errors"},
    "__main__": {"cli"},
    "__init__": {
        "errors", "genes", "libraries", "model", "ranking", "prediction", "drop_in", "get", "html", "pl",
        "exports",
        "tl",
    },
}  # fmt: skip
SURFACE = {"expression", "drop_in", "get", "tl", "pl", "html", "exports"}
FOREIGN = {  # who may import these packages
    "torch": {"model", "training", "evaluation", "ranking", "prediction", "commands"},
    "pandas": {"genes", "libraries", "training", "evaluation", "ranking", "prediction", "commands", *SURFACE},
    "gseapy": SURFACE,
    "scanpy": SURFACE,
    "anndata": SURFACE,
    "matplotlib": {"pl", "html", "drop_in"},
}
EVERYWHERE = {"arguments", "arrays", "kept", "organisms", "progress"}  # what functions take, keep and show
# the address of Enrichr is gseapy's; gene vectors may stand in an h5ad file
EXCEPTIONS = {("libraries/enrichr.py", "gseapy"), ("model/vectors.py", "anndata")}


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def dotted(path):
    """Return the name by which a module is imported."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path, *, for_types=False):
    """Return the modules that a file imports anywhere, with or without those for type checkers alone."""
    tree = ast.parse(path.read_text())
    hidden = {
        id(node)
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and "TYPE_CHECKING" in ast.unparse(guard.test)
        for child in guard.body
        for node in ast.walk(child)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in hidden and not for_types:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found.add(node.module)
            if node.module.split(".")[0] == "gsfm_enrich":  # a name of a module, or a module of a package
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def run(code):
    """Run code in a fresh interpreter and return what it prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    return done.stdout.strip()


def test_all_lists_the_public_names():
    assert set(ge.__all__) == OWN | FORWARDED
    assert len(ge.__all__) == len(set(ge.__all__))
    assert len(gseapy.__all__) == 26


@pytest.mark.parametrize("name", sorted(OWN | FORWARDED | {"__version__"}))
def test_every_name_is_there(name):
    value = getattr(ge, name)
    assert name in dir(ge)
    if name in FORWARDED:
        assert value is getattr(gseapy, name)
    elif name in OWN and name not in {"get", "pl", "tl"}:
        assert value.__module__ == "gsfm_enrich"
        assert value.__name__ == name


@pytest.mark.parametrize("part", ["get", "pl", "tl"])
def test_functions_of_a_part_say_so(part):
    room = getattr(ge, part)
    assert {getattr(room, name).__module__ for name in room.__all__} == {f"gsfm_enrich.{part}"}


def test_nothing_else_is_public():
    public = {name for name in vars(ge) if not name.startswith("_")}
    parts = {part_of(path) for path in modules()} | {"annotations", "TYPE_CHECKING", "Any"}
    assert public - parts <= set(ge.__all__)


@pytest.mark.parametrize("name", ["tl", "pl", "get"])
def test_notebooks_complete_functions_alone(name):
    module = getattr(ge, name)
    assert dir(module) == sorted(module.__all__)
    assert all(callable(getattr(module, function)) for function in module.__all__)


def test_no_module_has_the_name_of_a_public_function():
    names = {path.stem for path in PACKAGE.glob("*")} - {"__init__", "__pycache__"}
    assert names & set(ge.__all__) == {"get", "pl", "tl"}  # these rooms are public themselves


def test_unknown_name():
    with pytest.raises(AttributeError) as caught:
        _ = ge.enrchir
    expected = "module 'gsfm_enrich' has no attribute 'enrchir'. Did you mean 'enrichr' or 'enrich' or "
    expected += "'enrich_ranked'?"
    assert str(caught.value) == expected
    assert not hasattr(ge, "_private")


def test_public_functions_are_documented():
    for name in sorted(OWN - {"get", "pl", "tl"}):
        assert inspect.getdoc(getattr(ge, name)), name


def test_star_import():
    code = "from gsfm_enrich import *; print(enrichr.__module__, replot.__module__)"
    assert run(code) == "gsfm_enrich gseapy"


def test_import_is_light():
    heavy = ["torch", "gseapy", "scanpy", "anndata", "matplotlib", "pandas", "scipy", "numpy"]
    code = (
        "import sys, time; before = time.perf_counter(); import gsfm_enrich; "
        f"print(time.perf_counter() - before, [name for name in {heavy} if name in sys.modules])"
    )
    seconds, loaded = run(code).split(" ", 1)
    assert loaded == "[]"
    assert float(seconds) < 0.2


def test_the_overlap_test_needs_no_torch_and_no_scanpy():
    code = (
        "import sys, gsfm_enrich as ge; ge.enrichr(['TP53'], {'a': ['TP53', 'BAX']}, rerank=False); "
        "print([name for name in ('torch', 'scanpy', 'anndata') if name in sys.modules])"
    )
    assert run(code) == "[]"


def test_no_modules_import_each_other_in_a_circle():
    names = {dotted(path): path for path in modules()}
    graph = nx.DiGraph()
    for name, path in names.items():
        found = imports_of(path, for_types=True) & set(names)
        # a package whose modules are taken from it is not used itself
        used = {one for one in found if not any(other.startswith(f"{one}.") for other in found)}
        graph.add_edges_from((name, other) for other in used - {name})
    assert graph.number_of_edges() > len(names)
    assert list(nx.simple_cycles(graph)) == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path):
    part = part_of(path)
    imported = imports_of(path)
    inner = {name.split(".")[1] for name in imported if name.startswith("gsfm_enrich.")}
    assert inner <= ARROWS[part] | {part} | EVERYWHERE
    for package, users in FOREIGN.items():
        uses = any(name.split(".")[0] == package for name in imported)
        where = path.relative_to(PACKAGE).as_posix()
        assert not uses or part in users or (where, package) in EXCEPTIONS, f"{where} imports {package}"
