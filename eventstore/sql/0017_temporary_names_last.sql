-- A search path that does not name pg_temp has it first, for types and tables: whoever may call a function that runs
-- with its owner's rights could make a temporary domain called bytea, and its check would run with them, too.

do $$
declare
    found regprocedure;
begin
    for found in
        select p.oid
          from pg_proc p
         where p.pronamespace = 'pairloom'::regnamespace
           and exists (select from unnest(p.proconfig) as setting where setting like 'search_path=%')
    loop
        execute format('alter function %s set search_path = pg_catalog, pg_temp', found);
    end loop;
end;
$$;
