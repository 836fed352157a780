"""Registries: fetching images from them and bringing images to them, as the OCI distribution specification has it."""
