"""What is made once for a test run and copied for each test: an embedded AWS, empty or with a stack in it."""
