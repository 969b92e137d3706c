"""`python -m core.published` prints the reference of the plugin API."""

import sys

from core.published.reference import reference

sys.stdout.write(reference())
