-- The register of real parks, zones, developers, authorities, enterprises and their sites: public knowledge with its
-- source and licence. An entry is a code; what was true of it when stands in its states, whose days never overlap.

create table register_entry (
    kind text not null,
    code text not null,
    -- The park, and for a site the enterprise, of this store that it is, once somebody said so.
    park_id text references park (id),
    enterprise_id text,
    primary key (kind, code)
);

create table register_state (
    kind text not null,
    code text not null,
    -- 1 is the oldest.
    position bigint not null,
    -- Null where it is not known since when, and where it still is so.
    valid_from text,
    valid_until text,
    -- The day of which the source speaks.
    stated_on text,
    -- JSON: field → what is known of it.
    facts text not null,
    source text not null,
    licence text not null,
    primary key (kind, code, position),
    foreign key (kind, code) references register_entry (kind, code)
);

-- Counts the changes of the register: whatever was remembered for an older one is out of date. One row.
create table register_revision (
    id bigint not null primary key,
    revision bigint not null
);

-- A file that somebody handed in: first a draft with its rows, then taken over, perhaps undone.
create table register_import (
    id text not null primary key,
    kind text not null,
    file_name text not null,
    sha256 text not null,
    -- JSON: the sheet as it was read; null once it was taken over or given up.
    sheet text,
    mapping text not null,
    decisions text not null,
    stated_on text not null,
    source text not null,
    licence text not null,
    -- draft, committed, undone, discarded
    status text not null,
    added bigint not null,
    changed bigint not null,
    -- The province that a board's import is bound to.
    province text,
    made_by text not null,
    made_at_us bigint not null,
    committed_at_us bigint,
    undone_at_us bigint
);

-- What an import changed, so that it can be undone.
create table register_import_entry (
    import_id text not null references register_import (id),
    kind text not null,
    code text not null,
    before_json text,
    after_json text not null,
    primary key (import_id, kind, code)
);

-- Figures of the nation that were published, beside those of the catalogue. One that is withdrawn stays.
create table national_figure (
    id text not null primary key,
    -- JSON: the figure with its indicator, source and note.
    figure text not null,
    added_by text not null,
    added_at_us bigint not null,
    withdrawn_at_us bigint
);

-- Which column means what, remembered by the headings of a file.
create table register_mapping (
    kind text not null,
    headings text not null,
    mapping text not null,
    saved_at_us bigint not null,
    saved_by text not null,
    primary key (kind, headings)
);
