-- $1 the position after which to read, $2 how many events at most: the whole feed in its one order.
-- The page is cut first: asked to cut the joined rows, PostgreSQL starts parallel workers for each page.
select f.position, f.partition, e.stream_id, e.version, e.event_id, e.type, e.schema_version, e.command_id,
       e.actor_role, e.actor_id, e.occurred_at, e.recorded_at, e.data::text
  from (select f.position, f.partition, f.stream_id, f.version
          from pairloom.feed f
         where f.position > $1
         order by f.position
         limit $2) as f
  join pairloom.event e on e.stream_id = f.stream_id and e.version = f.version
 order by f.position;
