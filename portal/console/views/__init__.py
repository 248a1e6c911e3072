"""The console's views: each reads its request, calls a selector or a service, and answers."""
