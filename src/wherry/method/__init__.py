"""How a team builds on the cluster: skeleton, releases, contracts, and a Definition of Done that is proved."""
