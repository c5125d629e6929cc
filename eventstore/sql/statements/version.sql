-- 0 for an unknown stream.
select coalesce(max(version), 0) from pairloom.event where stream_id = $1;
