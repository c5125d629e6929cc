-- What a seal covers, and how one follows from the one before it.

-- Everything of an event that was handed over, and when it was recorded; not where this database keeps it.
-- record_send gives every field its type and length, numbers and times in binary: nothing can run into its neighbour.
create function pairloom.content(e pairloom.event) returns bytea
language sql stable parallel safe
return record_send(row(
    e.stream_id, e.version, e.event_id, e.type, e.schema_version,
    e.command_id, e.command_seq, e.command_size, e.correlation_id, e.causation_id,
    e.actor_role, e.actor_id, e.source, e.idempotency_key, e.program_version,
    e.occurred_at, e.recorded_at, convert_to(e.data::text, 'UTF8')));

create function pairloom.next_seal(seal bytea, first bytea, content bytea) returns bytea
language plpgsql immutable parallel safe as $$
begin
    return sha256(coalesce(seal, first) || content);
end;
$$;

-- Over a window in feed order: each row's seal, when `first` is the seal before the first row.
create aggregate pairloom.seal(first bytea, content bytea) (
    sfunc = pairloom.next_seal,
    stype = bytea
);
