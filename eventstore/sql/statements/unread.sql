-- $1 a read model, $2 a snapshot, $3 a position (null: the feed's head): whether publishing has looked at everything that
-- the snapshot sees, and how many events up to that position the live generation has still before it.
-- The range is one of the index (partition, position), as in feed_shares.sql.
-- A transaction that the snapshot sees may have been open at the last publication, and then was not looked at.
select s.position as head, feed.behind as unpublished,
       pairloom.is_at_home(s) and s.next_xid >= pg_snapshot_xmax(asked.snapshot)
           and not exists (select from unnest(s.open) as xid where pg_visible_in_snapshot(xid, asked.snapshot)) as looked,
       (select coalesce(sum((select count(*) from pairloom.feed f
                              where (f.partition, f.position) > (share.partition, share.position)
                                and (f.partition, f.position) <= (share.partition, coalesce($3, s.position)))), 0)::bigint
          from pairloom.projection p
          join pairloom.subscription share on share.name = p.name || '#' || p.generation
         where p.name = $1 and p.live) as unread
  from pairloom.sequencer s
 cross join (select $2::text::pg_snapshot as snapshot) as asked
 cross join pairloom.lag_of_feed() as feed;
