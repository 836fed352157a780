"""One machine's containers and images; knows no Kubernetes."""
