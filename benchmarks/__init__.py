"""What Pairloom costs, beside what one would use instead: `make bench`, or `make bench NAME=event_store`."""
