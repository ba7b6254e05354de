"""Real Apache Kafka and PostgreSQL on loopback, without Docker and without root; never for production."""
