-- PostgreSQL's second lock for dossiers: a park's own with the park, an enterprise's with the enterprise.
do $$
declare
    parks constant text := '(select congsinh_setting(''congsinh.parks''))';
    enterprises constant text := '(select congsinh_setting(''congsinh.enterprises''))';
    condition constant text := format(
        'jsonb_exists_any(%1$s, array[park_id, ''*'']) and (enterprise_id is null or '
        'jsonb_exists(%2$s, ''*'') or jsonb_exists_any(%2$s -> park_id, array[enterprise_id, ''*'']))',
        parks, enterprises);
    name text;
begin
    foreach name in array array['dossier', 'dossier_entry'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy in_scope on %I using (%s) with check (%s)', name, condition, condition);
    end loop;
end
$$;
