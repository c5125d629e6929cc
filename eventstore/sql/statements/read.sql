-- $1 stream, $2 the version after which to read, $3 how many events at most (null: all);
-- $4, $5 nothing that happened, or was recorded, after these moments (null: everything)
select stream_id as stream, version, event_id, type, schema_version,
       command_id, command_seq, correlation_id, causation_id,
       actor_role, actor_id, source, idempotency_key, program_version,
       occurred_at, recorded_at, data
  from pairloom.event
 where stream_id = $1 and version > $2
   and ($4::timestamptz is null or occurred_at <= $4)
   and ($5::timestamptz is null or recorded_at <= $5)
 order by version
 limit $3;
