-- Events are never changed, whoever asks. Row triggers would cost an append; statement triggers cost it nothing.

create function pairloom.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception 'events are append-only: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
        using hint = 'Append a new event that says what is true now.';
end;
$$;

create trigger event_is_append_only
    before update or delete or truncate on pairloom.event
    for each statement execute function pairloom.refuse_change();
