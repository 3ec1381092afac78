-- PostgreSQL's second lock: whatever a query forgot to ask, it gets the rows in scope and no others. The scope stands
-- in two settings of the transaction (database.rs): `congsinh.parks`, a list of parks or "*", and
-- `congsinh.enterprises`, for each park a list of enterprises or "*", and "*" for every park. Without them no row is
-- seen and none is written. Forced, so that the owner of the tables is bound as well.

create function congsinh_setting(name text) returns jsonb language sql stable as
$$ select coalesce(nullif(current_setting(name, true), ''), '[]')::jsonb $$;

-- The subselects are evaluated once for a statement, not once for a row.
do $$
declare
    parks constant text := '(select congsinh_setting(''congsinh.parks''))';
    enterprises constant text := '(select congsinh_setting(''congsinh.enterprises''))';
    in_park text;
    found record;
    condition text;
begin
    for found in
        select * from (values
            ('park', 'id', array[]::text[]),
            ('fact', 'park_id', array[]::text[]),
            -- Files of readings hold all of a park's meters; what of them is shown is decided meter by meter.
            ('reading_batch', 'park_id', array[]::text[]),
            ('segment', 'park_id', array[]::text[]),
            ('reading_mapping', 'park_id', array[]::text[]),
            ('reading_meter', 'park_id', array[]::text[]),
            ('enterprise', 'park_id', array['id']),
            ('record', 'park_id', array['enterprise_id']),
            ('driver', 'park_id', array['enterprise_id']),
            ('meter', 'park_id', array['enterprise_id']),
            ('stream', 'park_id', array['enterprise_id']),
            ('survey_answer', 'park_id', array['enterprise_id']),
            ('measure', 'park_id', array['enterprise_id']),
            ('exchange', 'park_id', array['giver_id', 'taker_id'])
        ) as tenant (name, park, owners)
    loop
        in_park := format('jsonb_exists_any(%s, array[%I, ''*''])', parks, found.park);
        condition := in_park;
        for position in 1 .. coalesce(array_length(found.owners, 1), 0) loop
            condition := condition || format(
                ' and (jsonb_exists(%1$s, ''*'') or jsonb_exists_any(%1$s -> %2$I, array[%3$I, ''*'']))',
                enterprises, found.park, found.owners[position]);
        end loop;
        execute format('alter table %I enable row level security', found.name);
        execute format('alter table %I force row level security', found.name);
        execute format('create policy in_scope on %I using (%s) with check (%s)', found.name, condition, condition);
    end loop;

    -- A result speaks of the whole park.
    condition := format('jsonb_exists_any(%s, array[park_id, ''*'']) and '
        '(jsonb_exists(%2$s, ''*'') or jsonb_exists(%2$s -> park_id, ''*''))', parks, enterprises);
    alter table result enable row level security;
    alter table result force row level security;
    execute format('create policy in_scope on result using (%s) with check (%s)', condition, condition);
end
$$;

-- What hangs on a meter or a stream is seen with it.
alter table reading enable row level security;
alter table reading force row level security;
create policy in_scope on reading
    using ((park_id, meter_id) in (select park_id, id from meter));
alter table composition enable row level security;
alter table composition force row level security;
create policy in_scope on composition
    using ((park_id, stream_id) in (select park_id, id from stream));

-- The log is added to by everybody who changes something, and read by those in whose scope a row lies; a row of no
-- park only by those who see everything. Who adds a row must know the last one: `congsinh.chain` is set just for that.
alter table audit enable row level security;
alter table audit force row level security;
create policy add_only on audit for insert with check (true);
create policy in_scope on audit for select using (
    coalesce(current_setting('congsinh.chain', true), '') = 'on'
    or (park_id is null and jsonb_exists((select congsinh_setting('congsinh.parks')), '*')
        and jsonb_exists((select congsinh_setting('congsinh.enterprises')), '*'))
    or (jsonb_exists_any((select congsinh_setting('congsinh.parks')), array[park_id, '*'])
        and (enterprise_id is null
            or jsonb_exists((select congsinh_setting('congsinh.enterprises')), '*')
            or jsonb_exists_any((select congsinh_setting('congsinh.enterprises')) -> park_id, array[enterprise_id, '*'])))
);

create function congsinh_audit_is_only_added_to() returns trigger language plpgsql as
$$ begin raise exception 'the audit log is only added to'; end $$;
create trigger audit_is_not_edited before update on audit
    for each row execute function congsinh_audit_is_only_added_to();
create trigger audit_is_not_shortened before delete on audit
    for each row execute function congsinh_audit_is_only_added_to();
create trigger audit_is_not_emptied before truncate on audit
    for each statement execute function congsinh_audit_is_only_added_to();
