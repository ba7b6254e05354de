"""The workers: ingest, apply, and what they stand on."""
