"""One home per shard: from the signals topic to published changes, in transactions."""
