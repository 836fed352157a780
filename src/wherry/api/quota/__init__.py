"""What objects cost a namespace: how each kind is counted against a ResourceQuota, one file each."""
