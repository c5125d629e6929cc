-- A grant on the database is lost in a copy or a restore of its contents, so it is given again where it is missing.
do $$
begin
    if not has_database_privilege('pairloom_owner', current_database(), 'create') then
        execute format('grant create on database %I to pairloom_owner', current_database());
    end if;
end;
$$;
set local role pairloom_owner;
