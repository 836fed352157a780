"""Group networking.k8s.io: how traffic finds Services, and who may talk to whom."""
