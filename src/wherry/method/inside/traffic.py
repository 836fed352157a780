"""Says how many packets this pod has received so far."""

from __future__ import annotations


def main() -> None:
    """Add up all of the pod's own network interfaces, and print the sum."""
    with open("/proc/net/dev") as file:
        rows = [line.split(":") for line in file if ":" in line]
    print(sum(int(counts.split()[1]) for name, counts in rows if name.strip() != "lo"))


if __name__ == "__main__":
    main()
