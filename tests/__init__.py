"""The tests, in folders that mirror workers/ and schemas/."""
