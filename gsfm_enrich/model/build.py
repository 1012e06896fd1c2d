"""The model classes, by their name in a configuration."""

from __future__ import annotations

from gsfm_enrich.model.channels import ChannelGSFM
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, ScaledGSFM
from gsfm_enrich.model.vocab import Vocab

ARCHITECTURES = {
    "gsfm": GSFM,
    "gsfm-scaled": ScaledGSFM,
    "gsfm-channels": ChannelGSFM,
}


def build(config: GSFMConfig, vocab: Vocab) -> GSFM:
    """Make an untrained model of the class that ``config.architecture`` names."""
    return ARCHITECTURES[config.architecture](config, vocab)
