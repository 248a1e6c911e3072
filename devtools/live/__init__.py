"""The first deployment into a real AWS account: what it costs, what it proves, and where AWS is not as was thought."""
