-- PostgreSQL's second lock for weather: a park's own, seen with the park.
do $$
declare
    condition constant text := 'jsonb_exists_any((select congsinh_setting(''congsinh.parks'')), array[park_id, ''*''])';
    name text;
begin
    foreach name in array array['station', 'temperature'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy in_scope on %I using (%s) with check (%s)', name, condition, condition);
    end loop;
end
$$;
