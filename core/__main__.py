"""`python -m core` is `opsgraph`, for a bare checkout without an install."""

import sys

from core.cli import main

sys.exit(main())
