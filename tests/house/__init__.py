"""The house in order: generated references, and rules that no linter knows."""
