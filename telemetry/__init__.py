"""What is seen of a worker from outside: metrics, traces, health. Nothing here decides anything."""
