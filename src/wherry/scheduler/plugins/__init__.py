"""The scheduler's rules, one file each: what a node must have, and which node is the better one."""
