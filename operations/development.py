"""`pairloom dev`: both servers and a worker in real time, on data that stays between runs."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from rich.console import Console

from activities.logs import configure_logs
from embedded.ground import start_ground
from serving.connection import connect_to
from serving.settings import Settings
from worker import running_worker


async def run_development(console: Console, data: Path) -> None:
    """Boot, say where everything is, stay up until SIGINT or SIGTERM, stop what was started."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    console.print(f"Starting Temporal and PostgreSQL on {data} ...", highlight=False)
    ground = await asyncio.to_thread(start_ground, data, virtual_time=True)
    try:
        configure_logs(as_json=os.environ.get("PAIRLOOM_LOGS") == "json")
        client = await connect_to(ground.temporal_address)
        async with running_worker(client, Settings(database_url=ground.database_url, master_key=ground.master_key)):
            console.print(f"Temporal UI:  {ground.ui_url}", highlight=False)
            console.print(f"Temporal:     {ground.temporal_address}", highlight=False)
            console.print(f"SQL:          psql {ground.database_url}", highlight=False, soft_wrap=True)
            console.print("A worker is serving the task queue 'pairloom'. Ctrl-C stops all three.", highlight=False)
            await stop.wait()
            console.print("Stopping ...")
    finally:
        await asyncio.to_thread(ground.stop)
