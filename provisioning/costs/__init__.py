"""What districts really cost: read from AWS once a day, kept by day, and looked ahead to the end of the month."""
