-- PostgreSQL's second lock for links and shared plants: seen with the enterprises that they name.
do $$
declare
    parks constant text := 'jsonb_exists_any((select congsinh_setting(''congsinh.parks'')), array[park_id, ''*''])';
    enterprises constant text := '(select congsinh_setting(''congsinh.enterprises''))';
    found record;
    owner text;
    condition text;
begin
    for found in
        select * from (values
            ('site_link', array['giver_id', 'taker_id']),
            ('shared_plant', array['enterprise_id'])
        ) as tenant (name, owners)
    loop
        condition := parks;
        foreach owner in array found.owners loop
            condition := condition || format(
                ' and (%2$I is null or jsonb_exists(%1$s, ''*'') or jsonb_exists_any(%1$s -> park_id, array[%2$I, ''*'']))',
                enterprises, owner);
        end loop;
        execute format('alter table %I enable row level security', found.name);
        execute format('alter table %I force row level security', found.name);
        execute format('create policy in_scope on %I using (%s) with check (%s)', found.name, condition, condition);
    end loop;
end
$$;
