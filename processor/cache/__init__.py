"""The cache in front of the database: Redis, or Valkey; what it does not answer is computed."""
