"""How any controller runs: facts in, actions out, each with its why."""
