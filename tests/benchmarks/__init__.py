"""Benchmarks: real webhooks through real processes, a real broker and a real database."""
