"""What hangs below an object's URL: status, scale, binding, log, exec ... one file each."""
