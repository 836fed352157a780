"""How the agent asks a container whether it is well: one file per way, one line per way in the registry."""
