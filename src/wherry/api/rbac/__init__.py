"""Who may do what, as objects: roles and their bindings."""
