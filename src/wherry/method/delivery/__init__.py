"""Build, release, run, strictly apart: from a commit to an image, to a numbered release, to running pods."""
