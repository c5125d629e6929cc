-- $1 prefix, $2 the stream behind which to list, $3 how many at most. Stream ids are visible ASCII in byte order, so
-- every id with the prefix sorts below prefix + DEL.
select stream_id
  from pairloom.event
 where stream_id >= $1 and stream_id < $1 || E'\x7f' and stream_id > $2 and version = 1
 order by stream_id
 limit $3;
