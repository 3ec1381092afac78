-- State forms: what people write into them, and their way from draft to received. All of it is kept after it was
-- superseded. It refers to the park only: an import replaces its enterprises.

create table form_entry (
    id text not null primary key,
    park_id text not null references park (id),
    -- Null where the park itself reports.
    enterprise_id text,
    form_id text not null,
    -- The reporting year.
    year bigint not null,
    field_id text not null,
    -- `typed` or `override`.
    kind text not null,
    -- The value with its parts or its reason, as JSON.
    content text not null,
    entered_at_us bigint not null,
    entered_by text not null,
    superseded_at_us bigint,
    -- The entry that took its place; null where it was cleared.
    superseded_by text
);
create index form_entry_by_place on form_entry (park_id, form_id, year);

create table form_mark (
    id text not null primary key,
    park_id text not null references park (id),
    enterprise_id text,
    form_id text not null,
    year bigint not null,
    -- `submitted`, `returned` or `received`; a form without a mark is a draft.
    state text not null,
    marked_on text not null,
    -- Of a return.
    reason text,
    -- Of a submission: the form as it was handed in, as JSON, and its SHA-256.
    content text,
    digest text,
    marked_at_us bigint not null,
    marked_by text not null,
    marked_by_role text not null,
    -- Null for the one that holds.
    superseded_at_us bigint
);
create index form_mark_by_place on form_mark (park_id, form_id, year);
