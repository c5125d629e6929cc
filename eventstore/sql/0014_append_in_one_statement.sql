-- The write protocol of 0008, word for word, in fewer steps: the look at the stream is a condition of the insert, so
-- the executor starts once, and an expression of PL/pgSQL that is gone need not be made ready in each transaction.

create or replace function pairloom.append(
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
begin
    if coalesce(size, 0) not between 1 and 1000 then
        raise exception 'a batch has 1 to 1000 events, found %', coalesce(size, 0)
            using errcode = 'check_violation';
    end if;

    insert into pairloom.event (
        stream_id, version, event_id, type, schema_version, command_id, command_seq, command_size,
        correlation_id, causation_id, actor_role, actor_id, source, idempotency_key, program_version,
        occurred_at, data)
    select stream, expected + n, e.event_id, e.type, e.schema_version, command, n - 1, size,
           correlation, causation, role, actor, origin, key, program,
           e.occurred_at, e.data
      from unnest(event_ids, types, schema_versions, occurred, datas)
           with ordinality as e (event_id, type, schema_version, occurred_at, data, n)
     where expected = coalesce((
               select e.version from pairloom.event e where e.stream_id = stream order by e.version desc limit 1), 0);

    if not found then
        select w.* into outcome, first_version, last_version from pairloom.why_not_appended(stream, command) w;
        return;
    end if;

    outcome := 'appended';
    first_version := expected + 1;
    last_version := expected + size;

    if cardinality(message_ids) > 0 then
        perform pairloom.put_out(stream, last_version, message_ids, recipients, templates, deliver_afters, abouts);
    end if;
end;
$$;

-- The two below are for the functions that append; nobody else may call them.

create function pairloom.why_not_appended(
    stream text, command uuid, out outcome text, out first_version integer, out last_version integer
)
language plpgsql set search_path = pg_catalog as $$
begin
    select e.version, e.version + e.command_size - 1
      into first_version, last_version
      from pairloom.event e
     where e.stream_id = stream and e.command_id = command and e.command_seq = 0;
    if found then
        outcome := 'already_there';
    else
        outcome := 'conflict';
        last_version := coalesce((select max(e.version) from pairloom.event e where e.stream_id = stream), 0);
    end if;
end;
$$;

-- A command's messages go out with its last event.
create function pairloom.put_out(
    stream text, version integer,
    message_ids uuid[], recipients text[], templates text[], deliver_afters timestamptz[], abouts json[]
) returns void
language plpgsql set search_path = pg_catalog as $$
begin
    insert into pairloom.message (
        message_id, stream_id, version, recipient, template, deliver_after, about)
    select m.message_id, stream, put_out.version, m.recipient, m.template, m.deliver_after, m.about
      from unnest(message_ids, recipients, templates, deliver_afters, abouts)
           as m (message_id, recipient, template, deliver_after, about);
end;
$$;

revoke all on function pairloom.why_not_appended, pairloom.put_out from public;
