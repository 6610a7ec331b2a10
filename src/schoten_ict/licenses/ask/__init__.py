"""How lists of others are read: titles, entitlements, subscriptions, invoices, quotes and machines."""
