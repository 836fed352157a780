"""Containers through crun, each under a small monitor (conmon) that outlives this process."""
