"""HTTP/1.1 for our server and our clients."""
