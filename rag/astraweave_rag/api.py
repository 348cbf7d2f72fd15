"""The public names of memory; `astraweave_rag` imports them when the first one is used."""

from .context import Context, Source, assemble, tokens_of
from .embed import Cached, Embedder, HashingEmbedder
from .errors import EmbedderError, QueryError, RagError, StoreError
from .llama import LlamaEmbedder
from .rank import Weights
from .reads import Link
from .record import EVERYTHING, Draft, Filter, Record
from .retrieve import Hit, search
from .store import Store

__all__ = [
    "EVERYTHING",
    "Cached",
    "Context",
    "Draft",
    "Embedder",
    "EmbedderError",
    "Filter",
    "HashingEmbedder",
    "Hit",
    "Link",
    "LlamaEmbedder",
    "QueryError",
    "RagError",
    "Record",
    "Source",
    "Store",
    "StoreError",
    "Weights",
    "assemble",
    "search",
    "tokens_of",
]
