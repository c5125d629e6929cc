-- $1 at most how many answers: streams whose versions are not 1, 2, 3, ...
select stream_id, count(*) as events, max(version) as version
  from pairloom.event
 group by stream_id
having count(*) <> max(version)
 order by stream_id
 limit $1;
