"""Rules from entitlements, use, catalogue and the day to positions, findings and what to buy."""
