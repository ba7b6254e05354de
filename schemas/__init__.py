"""The wire: everything that travels over Kafka, and nothing of the workers."""
