"""The lasting record in PostgreSQL: append, read, migrate. `eventstore.records` needs no driver."""
