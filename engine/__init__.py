"""The run engine: synthesis and Terraform as child processes, their events typed. Knows no Django and no database."""
