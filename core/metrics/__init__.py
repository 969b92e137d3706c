"""The metric registry's evaluation: buckets, ratios, and what cannot be computed."""
