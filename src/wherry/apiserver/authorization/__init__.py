"""Who may do what: roles, bindings, nodes, and the decision about each request."""
