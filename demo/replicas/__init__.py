"""Loopback replicas: each answers as one platform does, out of the demo's world and nothing else."""
