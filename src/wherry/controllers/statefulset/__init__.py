"""The statefulset controller: pods with a name, an order and a memory."""
