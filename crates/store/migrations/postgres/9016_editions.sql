-- PostgreSQL's second lock for what is said of a park's criteria. Editions are nobody's in particular.
do $$
declare
    condition constant text :=
        'jsonb_exists_any((select congsinh_setting(''congsinh.parks'')), array[park_id, ''*''])';
begin
    alter table criterion_opinion enable row level security;
    alter table criterion_opinion force row level security;
    execute format('create policy in_scope on criterion_opinion using (%s) with check (%s)', condition, condition);
end
$$;
