"""The domain: pure functions from signals to standing; standard library and schemas only."""
