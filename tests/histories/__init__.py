"""Histories of running workflows as each release has left them: today's code must go on where they stand."""
