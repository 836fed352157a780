"""Services: one stable address in front of changing pods, by nftables."""
