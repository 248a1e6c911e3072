"""What tests of the portal's languages share."""

from __future__ import annotations

import pytest

from devtools.messages.sources import Text
from devtools.messages.sources import texts as portals_texts


@pytest.fixture(scope="session")
def texts() -> frozenset[Text]:
    """Every text of the portal: to find them takes seconds."""
    return frozenset(portals_texts())
