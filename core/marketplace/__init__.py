"""The contract between opsgraph and a marketplace: records, streams, errors, sandbox base."""
