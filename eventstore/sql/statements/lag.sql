-- Who reads the feed, how many published events are still before it, and how many readers are at it.
-- A share without newer events is not behind, wherever its position stands.
select s.name,
       coalesce(sum((select count(*) from pairloom.feed f
                      where f.position > s.position and (s.partition = -1 or f.partition = s.partition))), 0)::bigint
         as behind,
       (select count(*) from pairloom.subscription_reader r
         where r.name = s.name and r.seen_until > clock_timestamp()) as readers
  from pairloom.subscription s
 group by s.name
 order by s.name;
