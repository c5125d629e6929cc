"""What only a database's administrator may do: tests that break a schema do it with these rights."""

from __future__ import annotations

import asyncpg


async def administer(url: str, statement: str) -> None:
    """Run one statement, for its effect, as whom the address names."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
