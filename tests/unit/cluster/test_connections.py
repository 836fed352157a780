"""Who talks to whom, read from the kernel where that is possible."""

from __future__ import annotations

from pathlib import Path

from wherry.cluster.connections import TABLE_BYTES_MAX, read_connection_table


async def test_the_table_is_read_as_the_kernel_shows_it(tmp_path: Path) -> None:
    table = tmp_path / "nf_conntrack"
    table.write_text("ipv4 2 tcp 6 100 ESTABLISHED src=10.1.0.4 dst=10.96.3.7\n")
    assert "src=10.1.0.4" in await read_connection_table(table)


async def test_where_nobody_may_read_it_there_is_nothing(tmp_path: Path) -> None:
    assert await read_connection_table(tmp_path / "not-there") == ""


async def test_of_a_huge_table_only_the_beginning_is_read(tmp_path: Path) -> None:
    table = tmp_path / "nf_conntrack"
    table.write_text("x" * (TABLE_BYTES_MAX + 10))
    assert len(await read_connection_table(table)) == TABLE_BYTES_MAX
