"""What plugin authors are given besides the API: a template, and a check of what they made.

In a plugin's own tests::

    def test_conformance() -> None:
        assert [] == [finding for finding in check("supplier") if finding.outcome == "failed"]
"""

from core.kit.checking import check
from core.kit.findings import Finding

__all__ = ["Finding", "check"]
