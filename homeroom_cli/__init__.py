"""`homeroom`: the command line over a portal's API. It knows the API alone, and nothing of the portal's code."""
