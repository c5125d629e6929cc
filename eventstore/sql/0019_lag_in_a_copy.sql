-- The lag of 0016, which is what the next publish() would read: after 0018, here too.

create or replace function pairloom.lag_of_feed(out head bigint, out behind bigint, out oldest interval)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off as $$
declare
    leader pairloom.sequencer;
begin
    select s.* into leader from pairloom.sequencer s;
    head := leader.position;
    if pairloom.is_at_home(leader) then
        select count(*), max(clock_timestamp() - fresh.recorded_at)
          into behind, oldest
          from (select e.recorded_at
                  from pairloom.event e
                 where e.xid >= leader.next_xid and e.xid < pg_snapshot_xmax(pg_current_snapshot())
                   and e.event_no > leader.floor
                union all
                select e.recorded_at from pairloom.event e where e.xid = any (leader.open) and e.event_no > leader.floor
               ) as fresh;
    else -- the first publication here compares the tables; until then this costs what is stored
        select count(*), max(clock_timestamp() - e.recorded_at)
          into behind, oldest
          from pairloom.event e
         where not exists (select from pairloom.feed f where f.event_no = e.event_no);
    end if;
end;
$$;
