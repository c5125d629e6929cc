-- $1 at most how many answers: events that every snapshot sees, that the sequencer has passed and that are not in the feed.
-- What it has still to look at is not among them: transactions from next_xid on, and those that were open; and
-- everything, as long as it has not entered this cluster.
select e.stream_id, e.version
  from pairloom.event e
  cross join pairloom.sequencer s
 where not exists (select from pairloom.feed f
                    where f.event_no = e.event_no and f.stream_id = e.stream_id and f.version = e.version)
   and (e.event_no <= s.floor or (e.xid < s.next_xid and e.xid <> all (s.open)))
   and s.cluster = (select system_identifier from pg_control_system())
   and s.ledger = 'pairloom.event'::regclass
   and s.next_xid <= pg_snapshot_xmax(pg_current_snapshot())
 order by e.stream_id, e.version
 limit $1;
