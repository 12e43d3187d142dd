"""PURE What tokens cost at list price: the generated table, the many names of a model, the user's own prices."""

from quotaline.prices.book import PriceBook
from quotaline.prices.names import model_name

__all__ = ["PriceBook", "model_name"]
