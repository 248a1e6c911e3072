"""When applies may start: maintenance windows and freezes, of a district, an AWS account and the fleet."""
