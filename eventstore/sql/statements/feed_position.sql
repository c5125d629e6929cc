-- $1 stream, $2 version: its position in the feed, or null while it is not published
select f.position
  from pairloom.event e
  join pairloom.feed f on f.event_no = e.event_no
 where e.stream_id = $1 and e.version = $2;
