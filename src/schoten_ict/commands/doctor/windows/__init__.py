"""`ict doctor --winrm HOST`: the way to one Windows machine, step by step. Only looks."""
