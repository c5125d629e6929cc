-- pairloom.append for one event, which is what nine commands in ten store: no arrays to take apart. The protocol, its
-- outcomes and its unique violations are the same.

create function pairloom.append_one(
    stream text, expected integer,
    command uuid, correlation uuid, causation uuid,
    role text, actor text, origin text, key text, program integer,
    event_id uuid, type text, schema_version integer, occurred timestamptz, data json,
    message_ids uuid[] default '{}', recipients text[] default '{}', templates text[] default '{}',
    deliver_afters timestamptz[] default '{}', abouts json[] default '{}',
    out outcome text, out first_version integer, out last_version integer
)
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into pairloom.event (
        stream_id, version, event_id, type, schema_version, command_id, command_seq, command_size,
        correlation_id, causation_id, actor_role, actor_id, source, idempotency_key, program_version,
        occurred_at, data)
    select stream, expected + 1, event_id, type, schema_version, command, 0, 1,
           correlation, causation, role, actor, origin, key, program,
           occurred, data
     where expected = coalesce((
               select e.version from pairloom.event e where e.stream_id = stream order by e.version desc limit 1), 0)
    returning 'appended', version, version
      into outcome, first_version, last_version;

    if not found then
        select w.* into outcome, first_version, last_version from pairloom.why_not_appended(stream, command) w;
    elsif cardinality(message_ids) > 0 then
        perform pairloom.put_out(stream, last_version, message_ids, recipients, templates, deliver_afters, abouts);
    end if;
end;
$$;

revoke all on function pairloom.append_one from public;
grant execute on function pairloom.append_one to pairloom_app;
