-- $1 a read model, $2 a snapshot, $3 a position (null: the feed's head), $4 how many events of a share are counted at
-- most: whether publishing has looked at everything that the snapshot sees, and how many events up to that position the
-- live generation has still before it. Of a share that is further behind the rest is estimated, as in lag.sql.
-- The range is one of the index (partition, position), as in feed_shares.sql.
-- A transaction that the snapshot sees may have been open at the last publication, and then was not looked at.
select s.position as head, feed.behind as unpublished,
       pairloom.is_at_home(s) and s.next_xid >= pg_snapshot_xmax(asked.snapshot)
           and not exists (select from unnest(s.open) as xid where pg_visible_in_snapshot(xid, asked.snapshot)) as looked,
       (select coalesce(sum(case when before.counted < $4 then before.counted
                                 else greatest(before.counted, (coalesce($3, s.position) - before.first) / 64)
                            end), 0)::bigint
          from pairloom.projection p
          join pairloom.subscription share on share.name = p.name || '#' || p.generation
         cross join lateral (
                   select count(*) as counted, min(f.position) as first
                     from (select f.position
                             from pairloom.feed f
                            where (f.partition, f.position) > (share.partition, share.position)
                              and (f.partition, f.position) <= (share.partition, coalesce($3, s.position))
                            order by f.partition, f.position
                            limit $4) as f) as before
         where p.name = $1 and p.live) as unread
  from pairloom.sequencer s
 cross join (select $2::text::pg_snapshot as snapshot) as asked
 cross join pairloom.lag_of_feed() as feed;
