-- $1 partitions, $2 for each the position after which to read, $3 how many events at most of each
select f.position, f.partition, e.stream_id, e.version, e.event_id, e.type, e.schema_version, e.command_id,
       e.actor_role, e.actor_id, e.occurred_at, e.recorded_at, e.data::text
  from unnest($1::smallint[], $2::bigint[]) as share (partition, position)
 cross join lateral (
           select f.position, f.partition, f.stream_id, f.version
             from pairloom.feed f
            where f.partition = share.partition and f.position > share.position
            order by f.position
            limit $3) as f
  join pairloom.event e on e.stream_id = f.stream_id and e.version = f.version
 order by f.position;
