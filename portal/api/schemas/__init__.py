"""What the API takes and answers, as it stands in its document."""
