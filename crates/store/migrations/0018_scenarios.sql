-- Changes of an edition that somebody tried in the policy laboratory and keeps. They hold no data of any park. Kept after
-- they were withdrawn.

create table scenario (
    id text not null primary key,
    name text not null,
    framework_id text not null,
    -- The change set as the laboratory writes it, TOML.
    changes text not null,
    author_id text not null references users (id),
    -- 1: everybody who may use the laboratory sees it; 0: its author alone.
    is_shared bigint not null,
    saved_at_us bigint not null,
    withdrawn_at_us bigint
);
create index scenario_by_author on scenario (author_id);
