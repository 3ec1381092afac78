-- PostgreSQL's second lock for state forms. A park's own form (no enterprise) is for those to whom all of its enterprises
-- are open.
do $$
declare
    parks constant text := '(select congsinh_setting(''congsinh.parks''))';
    enterprises constant text := '(select congsinh_setting(''congsinh.enterprises''))';
    condition constant text := format(
        'jsonb_exists_any(%1$s, array[park_id, ''*'']) and '
        '(jsonb_exists(%2$s, ''*'') or jsonb_exists_any(%2$s -> park_id, array[enterprise_id, ''*'']))',
        parks, enterprises);
    name text;
begin
    foreach name in array array['form_entry', 'form_mark'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy in_scope on %I using (%s) with check (%s)', name, condition, condition);
    end loop;
end
$$;
