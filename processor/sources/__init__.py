"""Systems of the district that results are pulled from on a schedule: who they are, what came, what comes next."""
