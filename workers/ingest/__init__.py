"""From raw records to signals: translate, resolve, produce, commit. Knows nothing of apply."""
