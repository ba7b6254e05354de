"""Postgres: the tables, the statements, the migrations; nothing here knows a provider."""
