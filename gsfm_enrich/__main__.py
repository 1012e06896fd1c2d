"""``python -m gsfm_enrich``: the command line."""

from gsfm_enrich.cli import app

if __name__ == "__main__":
    app(prog_name="gsfm-enrich")
