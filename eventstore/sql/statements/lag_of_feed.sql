-- Events that are stored and not yet published, and the age of the oldest of them.
select s.position as head, count(e.*) as behind, max(clock_timestamp() - e.recorded_at) as oldest
  from pairloom.sequencer s
  left join pairloom.event e
    on e.event_no > s.floor and (e.xid >= s.next_xid or e.xid = any (s.open))
   and not exists (select from pairloom.feed f where f.event_no = e.event_no)
 group by s.position;
