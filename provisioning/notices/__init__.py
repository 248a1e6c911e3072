"""Tells people who do not look at the console what they have to know: by e-mail and webhook, until it is delivered."""
