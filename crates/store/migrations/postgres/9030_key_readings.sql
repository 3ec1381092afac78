-- PostgreSQL's second lock for readings of key parameters: they speak of the enterprise whose measure it is.
do $$
declare
    parks constant text := '(select congsinh_setting(''congsinh.parks''))';
    enterprises constant text := '(select congsinh_setting(''congsinh.enterprises''))';
    condition constant text := format(
        'jsonb_exists_any(%1$s, array[park_id, ''*'']) and '
        '(jsonb_exists(%2$s, ''*'') or jsonb_exists_any(%2$s -> park_id, array[enterprise_id, ''*'']))',
        parks, enterprises);
begin
    alter table key_reading enable row level security;
    alter table key_reading force row level security;
    execute format('create policy in_scope on key_reading using (%s) with check (%s)', condition, condition);
end
$$;
