"""What operations look at: tables that the feed keeps, and the questions that they answer."""
