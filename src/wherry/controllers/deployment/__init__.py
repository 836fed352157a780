"""The deployment controller: from one release to the next without a gap."""
