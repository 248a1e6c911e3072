"""Every page of the console and the admin in every state: the list, the rows behind it, and what is held of each."""
