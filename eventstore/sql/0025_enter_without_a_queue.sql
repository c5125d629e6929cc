-- Entering a cluster as in 0023, where others work at the events meanwhile, or it was not a dump that brought them.
--
-- The tables are compared while others write; only what has come since then is looked for behind the lock, which nobody
-- has to wait for long. Who vacuums the table holds it for as long as that takes, and who comes to append waits behind
-- the lock that waits for it: so it waits half a second, and the next look asks again. Logical replication brings rows
-- and leaves sequences behind: new events would get numbers that are taken, and pass for published.

create or replace function pairloom.enter_cluster(leader pairloom.sequencer) returns pairloom.sequencer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms' as $$
declare
    compared pg_snapshot;
begin
    with now as materialized (
        select pg_current_snapshot() as snapshot
    ), missing as (
        select e from pairloom.event e where not exists (select from pairloom.feed f where f.event_no = e.event_no)
    ), written as (
        insert into pairloom.feed (position, event_no, stream_id, version, partition, seal)
        select leader.position + row_number() over in_order, (e).event_no, (e).stream_id, (e).version,
               pairloom.partition_of((e).stream_id), pairloom.seal(leader.seal, pairloom.content(e)) over in_order
          from missing
        window in_order as (order by (e).event_no)
    )
    select now.snapshot into compared from now;

    lock table pairloom.event in share row exclusive mode; -- nobody writes below the floor after this

    leader.position := coalesce((select max(f.position) from pairloom.feed f), leader.position);
    leader.seal := coalesce((select f.seal from pairloom.feed f where f.position = leader.position), leader.seal);
    insert into pairloom.feed (position, event_no, stream_id, version, partition, seal)
    select leader.position + row_number() over in_order, (e).event_no, (e).stream_id, (e).version,
           pairloom.partition_of((e).stream_id), pairloom.seal(leader.seal, pairloom.content(e)) over in_order
      from (select e
              from pairloom.event e
             where (e.xid >= pg_snapshot_xmax(compared) and e.xid < pg_snapshot_xmax(pg_current_snapshot())
                    or e.xid = any (array(select pg_snapshot_xip(compared))))
               and not exists (select from pairloom.feed f where f.event_no = e.event_no)) as missing
    window in_order as (order by (e).event_no);

    -- Everything is in the feed now, so its highest number is the highest of all.
    update pairloom.sequencer s
       set position = coalesce((select max(f.position) from pairloom.feed f), leader.position),
           seal = coalesce((select f.seal from pairloom.feed f order by f.position desc limit 1), leader.seal),
           next_xid = pg_snapshot_xmax(pg_current_snapshot()),
           open = array(select pg_snapshot_xip(pg_current_snapshot())),
           floor = coalesce((select max(f.event_no) from pairloom.feed f), 0),
           cluster = (select system_identifier from pg_control_system()),
           ledger = 'pairloom.event'::regclass
    returning s.* into leader;

    perform setval('pairloom.event_event_no_seq', leader.floor)
       from pairloom.event_event_no_seq numbers
      where numbers.last_value < leader.floor;
    return leader;
end;
$$;
