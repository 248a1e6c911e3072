"""API tokens: what their secrets look like, what they let through, and the only writer of them."""
