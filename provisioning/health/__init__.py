"""How the parts behind the portal stand: workers, access to accounts, pipelines."""
