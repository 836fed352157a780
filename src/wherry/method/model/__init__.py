"""The system as it is and as it shall be: model.yaml, what the cluster shows of it, and the steps between."""
