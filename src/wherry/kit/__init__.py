"""Ground floor: time, tasks, programs, files, HTTP, Linux. No Kubernetes here."""
