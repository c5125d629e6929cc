"""The real servers, Temporal and PostgreSQL, started from wheels: for the demo, development and tests."""
