"""The console's pages, a folder each: the view, what it shows, its templates and their parts."""
