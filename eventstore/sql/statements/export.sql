-- $1 and $2 bound the streams, $3 and $4 the last event that was read, $5 how many: stream by stream, each in order
select e.stream_id as stream, split_part(e.stream_id, '/', 1) as kind, e.version, e.type, e.schema_version,
       e.actor_role, e.actor_id as actor, e.occurred_at, e.recorded_at, e.data::text as data
  from pairloom.event e
 where e.stream_id >= $1 and e.stream_id < $2
   and (e.stream_id, e.version) > ($3, $4)
 order by e.stream_id, e.version
 limit $5;
