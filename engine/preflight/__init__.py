"""Whether a run would come through in an account and region, asked of AWS without changing anything there."""
