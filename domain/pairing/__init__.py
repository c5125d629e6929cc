"""One mentor, one mentee, one program: a file for each phase, and the state that the phases share."""
