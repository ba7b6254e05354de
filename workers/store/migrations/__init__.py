"""The steps by which the database got its shape, oldest first."""
