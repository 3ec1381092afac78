-- What was computed, with the digests of what it was computed from. The newest of a step and key is shown;
-- the older ones stay, so that what was once printed can be compared.

create table result (
    id text not null primary key,
    park_id text not null references park (id),
    step text not null,
    key text not null,
    inputs_digest text not null,
    catalogue_digest text not null,
    as_of text not null,
    json text not null,
    saved_at_us bigint not null,
    saved_by text not null
);
create index result_by_key on result (park_id, step, key, saved_at_us);
