"""Messages: English sentences that know what they were made of. No Django; every other room may say them."""
