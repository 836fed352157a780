"""What a repository says about itself, read once: code, dependencies, image, manifests, history."""
