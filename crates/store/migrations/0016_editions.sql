-- Editions of frameworks that administrators write, each of their states one row: nothing is written over. The last
-- revision of an edition holds.

create table edition_state (
    id text not null primary key,
    edition_id text not null,
    revision bigint not null,
    -- The edition as a TOML file.
    toml text not null,
    -- `draft`, `published` or `replaced`.
    stage text not null,
    -- The day from which it is in force; null for a draft.
    published_from text,
    -- The first day of its successor, and which that is; null while there is none.
    replaced_on text,
    replaced_by text,
    written_at_us bigint not null,
    written_by text not null
);
create unique index edition_state_by_revision on edition_state (edition_id, revision);

-- What a park says of a criterion itself, and what a reviewer says of it. They stand beside the outcome that is computed
-- and beside each other; a later word of one side supersedes its earlier one.
create table criterion_opinion (
    id text not null primary key,
    park_id text not null references park (id),
    edition_id text not null,
    criterion_id text not null,
    period_start text not null,
    period_end text not null,
    -- `self` or `review`.
    side text not null,
    -- Code of an outcome.
    outcome text not null,
    -- In the criterion's unit; null where none is stated.
    value double precision,
    -- What proves it, or why the reviewer says so.
    reason text not null,
    stated_at_us bigint not null,
    stated_by text not null,
    stated_as text not null,
    superseded_at_us bigint,
    superseded_by text
);
create index criterion_opinion_by_place on criterion_opinion (park_id, edition_id, criterion_id);
