"""The providers of data on contacts: what each is asked, and how its answers are read. Without any I/O."""

from collections.abc import Mapping
from typing import Final

from domain.enriching.enrichment_providers.clearbit import Clearbit
from domain.enriching.enrichment_providers.hunter import Hunter
from domain.enriching.enrichment_providers.linkedin import LinkedIn
from domain.enriching.enrichment_providers.protocol import Provider
from domain.enriching.enrichment_providers.zoominfo import ZoomInfo
from domain.vocabulary import EnrichmentProvider

PROVIDERS: Final[Mapping[EnrichmentProvider, Provider]] = {
    one.name: one for one in (Hunter(), Clearbit(), LinkedIn(), ZoomInfo())
}
"""Those that are asked by HTTP; what a person enters (``manual``) needs nobody to be asked."""
