-- $1 partitions, $2 for each the position after which to read, $3 how many events at most of each
-- Said as a range of the index (partition, position): said as an equality and an order, PostgreSQL would as soon read
-- along the positions of all partitions, once for each share.
select f.position, f.partition, e.stream_id, e.version, e.event_id, e.type, e.schema_version, e.command_id,
       e.actor_role, e.actor_id, e.occurred_at, e.recorded_at, e.data::text
  from unnest($1::smallint[], $2::bigint[]) as share (partition, position)
 cross join lateral (
           select f.position, f.partition, f.stream_id, f.version
             from pairloom.feed f
            where (f.partition, f.position) > (share.partition, share.position) and f.partition <= share.partition
            order by f.partition, f.position
            limit $3) as f
  join pairloom.event e on e.stream_id = f.stream_id and e.version = f.version
 order by f.position;
