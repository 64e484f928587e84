"""Which provider may write which field of a contact.

1. A provider writes only the fields that the workspace lets it write.
2. A field that is empty may be filled by any.
3. A field that a person has entered (typed, imported or given by hand) is never overwritten, unless the workspace
   lists it in the provider's ``overwrites``.
4. A field that came from a provider is overwritten by the same one, by one of better rank (lower), and by any when
   the one that it came from is not in use any more.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from domain.enriching.enrichment import FIELDS
from domain.enriching.enrichment_scores import says_something
from domain.vocabulary import EnrichmentProvider


@dataclass(frozen=True, slots=True)
class WritingRights:
    """What a workspace lets one provider write; ``ranks`` are those of all its providers in use, this one included."""

    provider: EnrichmentProvider
    ranks: Mapping[str, int]
    fields: frozenset[str] | None = None
    """None: all that it knows."""
    overwrites: frozenset[str] = frozenset()

    def writable(self, contact: Mapping[str, Any], sources: Mapping[str, str]) -> frozenset[str]:
        """The fields of the contact that the provider may write now; ``sources``: field to the provider it is from."""
        return frozenset(name for name in FIELDS if self._may_write(name, contact.get(name), sources.get(name)))

    def _may_write(self, name: str, value: object, source: str | None) -> bool:
        if self.fields is not None and name not in self.fields:
            return False
        if name == "email_verified":
            # Nobody enters it: the latest verification is right.
            return True
        if not says_something(value):
            return True
        if source is None or source == EnrichmentProvider.MANUAL:
            return name in self.overwrites
        return source == self.provider or self.ranks[self.provider] < self.ranks.get(
            source, self.ranks[self.provider] + 1
        )


def merged(
    found: Mapping[str, Any], contact: Mapping[str, Any], writable: Collection[str]
) -> tuple[dict[str, Any], frozenset[str]]:
    """What of ``found`` is to be written, as columns that differ; and the fields that come from the provider now."""
    taken = {name: value for name, value in found.items() if name in writable and value is not None}
    return {name: value for name, value in taken.items() if contact.get(name) != value}, frozenset(taken)
