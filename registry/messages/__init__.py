"""Messages in the database, and in the language of who reads them."""
