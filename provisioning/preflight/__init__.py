"""Whether runs would come through in an account and region, looked at before they go there."""
