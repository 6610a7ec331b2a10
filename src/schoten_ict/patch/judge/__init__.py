"""Rules from what a machine tells, the policy, dated data and time to findings."""
