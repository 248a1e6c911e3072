"""What in AWS is no longer as the state says: checks, their schedule, and what people do about it."""
