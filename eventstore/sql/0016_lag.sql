-- How far publishing is behind the store. Every worker's gauges ask for it, and whoever wants to read what was just
-- written: it must cost what is unpublished, and not what is stored.
--
-- What the next publish() would read. As there, the newest transactions are beyond every statistic.

create function pairloom.lag_of_feed(out head bigint, out behind bigint, out oldest interval)
language sql stable
set enable_seqscan = off
begin atomic
    select s.position, count(fresh.recorded_at), max(clock_timestamp() - fresh.recorded_at)
      from pairloom.sequencer s
      left join lateral (
               select e.recorded_at from pairloom.event e where e.xid >= s.next_xid and e.event_no > s.floor
               union all
               select e.recorded_at from pairloom.event e where e.xid = any (s.open) and e.event_no > s.floor
           ) as fresh on true
     group by s.position;
end;

revoke all on function pairloom.lag_of_feed from public;
grant execute on function pairloom.lag_of_feed to pairloom_app, pairloom_reader;
