-- $1 stream, $2 command: the events that it wrote
select e.stream_id as stream, e.version, e.event_id, e.type, e.schema_version,
       e.command_id, e.command_seq, e.correlation_id, e.causation_id,
       e.actor_role, e.actor_id, e.source, e.idempotency_key, e.program_version,
       e.occurred_at, e.recorded_at, e.data
  from pairloom.event head
  join pairloom.event e
    on e.stream_id = head.stream_id
   and e.version between head.version and head.version + head.command_size - 1
 where head.stream_id = $1 and head.command_id = $2 and head.command_seq = 0
 order by e.version;
