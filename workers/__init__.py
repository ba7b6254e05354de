"""Participant Status: provider webhooks in, participant status changes out, exactly once."""
