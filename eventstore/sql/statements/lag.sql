-- $1 a reader of the feed, or null for all of them, $2 how many events of a share are counted at most: how many
-- published events are still before it, and how many processes are at it. A share without newer events is not behind,
-- wherever its position stands; of the whole feed there is nothing to count, for its positions have no gaps.
-- Of a share that is further behind, as in a rebuild, the rest is taken for a 64th of what was published since.
select s.name,
       coalesce(sum(case when s.partition = -1 then greatest(feed.position - s.position, 0)
                         when before.counted < $2 then before.counted
                         else greatest(before.counted, (feed.position - before.first) / 64) end), 0)::bigint as behind,
       (select count(*) from pairloom.subscription_reader r
         where r.name = s.name and r.seen_until > clock_timestamp()) as readers
  from pairloom.subscription s
 cross join pairloom.sequencer feed
 cross join lateral (
           select count(*) as counted, min(f.position) as first
             from (select f.position
                     from pairloom.feed f
                    where (f.partition, f.position) > (s.partition, s.position) and f.partition <= s.partition
                    order by f.partition, f.position
                    limit $2) as f) as before
 where s.name = $1 or $1 is null
 group by s.name
 order by s.name;
