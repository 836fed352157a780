"""Group admissionregistration.k8s.io: who else has a say about what is written."""
