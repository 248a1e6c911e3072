"""Takes the audit record to where the portal cannot change it, and makes packages of it for auditors."""
