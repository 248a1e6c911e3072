"""The analytics API and the pages of the district's data office."""
