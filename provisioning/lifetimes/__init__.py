"""The end of a sandbox's lifetime and of a district's contract: notices ahead, and what follows on the day."""
