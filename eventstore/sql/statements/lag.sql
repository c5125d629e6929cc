-- $1 a reader of the feed, or null for all of them: how many published events are still before it, and how many
-- processes are at it. A share without newer events is not behind, wherever its position stands; of the whole feed
-- there is nothing to count, for its positions have no gaps.
select s.name,
       coalesce(sum(case when s.partition = -1 then greatest(feed.position - s.position, 0)
                         else (select count(*) from pairloom.feed f
                                where f.partition = s.partition and f.position > s.position) end), 0)::bigint as behind,
       (select count(*) from pairloom.subscription_reader r
         where r.name = s.name and r.seen_until > clock_timestamp()) as readers
  from pairloom.subscription s
 cross join pairloom.sequencer feed
 where s.name = $1 or $1 is null
 group by s.name
 order by s.name;
