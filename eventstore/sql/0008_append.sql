-- The whole write protocol: one call, one command's batch, no lock taken, no exception caught.
--
--   appended       the batch is stored as first_version .. last_version
--   already_there  this command wrote first_version .. last_version before; nothing is written
--   conflict       the stream stands at last_version, which is not `expected`; nothing is written
--
-- Two unique violations are part of the protocol and reach the caller:
--   event_stream_version  somebody was faster; call once more, and the answer is one of the above
--   event_stream_command  the command was stored under an earlier version; read its events
--
-- It runs with its owner's rights: the application may call it, and cannot write the tables in any other way.

create function pairloom.append(
    stream text, expected integer,
    command uuid, correlation uuid, causation uuid,
    role text, actor text, origin text, key text, program integer,
    event_ids uuid[], types text[], schema_versions integer[], occurred timestamptz[], datas json[],
    message_ids uuid[] default '{}', recipients text[] default '{}', templates text[] default '{}',
    deliver_afters timestamptz[] default '{}', abouts json[] default '{}',
    out outcome text, out first_version integer, out last_version integer
)
language plpgsql security definer set search_path = pg_catalog as $$
declare
    size constant integer := cardinality(event_ids);
    current integer;
begin
    if coalesce(size, 0) not between 1 and 1000 then
        raise exception 'a batch has 1 to 1000 events, found %', coalesce(size, 0)
            using errcode = 'check_violation';
    end if;

    select e.version into current
      from pairloom.event e
     where e.stream_id = stream
     order by e.version desc
     limit 1;
    current := coalesce(current, 0);

    if current <> expected then
        select e.version, e.version + e.command_size - 1
          into first_version, last_version
          from pairloom.event e
         where e.stream_id = stream and e.command_id = command and e.command_seq = 0;
        if found then
            outcome := 'already_there';
        else
            outcome := 'conflict';
            last_version := current;
        end if;
        return;
    end if;

    outcome := 'appended';
    first_version := expected + 1;
    last_version := expected + size;

    if size = 1 then -- most commands; VALUES saves the executor a function scan
        insert into pairloom.event (
            stream_id, version, event_id, type, schema_version, command_id, command_seq, command_size,
            correlation_id, causation_id, actor_role, actor_id, source, idempotency_key, program_version,
            occurred_at, data)
        values (
            stream, last_version, event_ids[1], types[1], schema_versions[1], command, 0, 1,
            correlation, causation, role, actor, origin, key, program,
            occurred[1], datas[1]);
    else
        insert into pairloom.event (
            stream_id, version, event_id, type, schema_version, command_id, command_seq, command_size,
            correlation_id, causation_id, actor_role, actor_id, source, idempotency_key, program_version,
            occurred_at, data)
        select stream, expected + n, e.event_id, e.type, e.schema_version, command, n - 1, size,
               correlation, causation, role, actor, origin, key, program,
               e.occurred_at, e.data
          from unnest(event_ids, types, schema_versions, occurred, datas)
               with ordinality as e (event_id, type, schema_version, occurred_at, data, n);
    end if;

    if cardinality(message_ids) > 0 then
        insert into pairloom.message (
            message_id, stream_id, version, recipient, template, deliver_after, about)
        select m.message_id, stream, last_version, m.recipient, m.template, m.deliver_after, m.about
          from unnest(message_ids, recipients, templates, deliver_afters, abouts)
               as m (message_id, recipient, template, deliver_after, about);
    end if;
end;
$$;
