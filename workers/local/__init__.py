"""Real Apache Kafka and PostgreSQL on loopback, without Docker or root; never for production."""
