"""The kernel's own calls: mounts, namespaces, netlink, pidfd, inotify."""
