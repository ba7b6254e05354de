"""What serves every folder above the domain: the clock, logs, metrics, health."""
