"""What runs, rollouts and districts can be, and who may take them where: tables, without a database."""
