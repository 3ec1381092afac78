-- What is known here of the readings that lie in Parquet files: which batches came, which files hold them, and which
-- file took the place of which. A file that is not listed here does not exist for anybody. The values themselves are
-- in the files; `reading` keeps those that came within a park's folder.

-- What was handed in at one time for one park. A later number outranks an earlier one wherever both speak of a moment.
create table reading_batch (
    park_id text not null references park (id),
    seq bigint not null,
    -- The sender's key, or the digest of the readings where it gave none.
    batch_id text not null,
    -- SHA-256 of the readings, sorted: the same readings in another file are the same.
    content text not null,
    source text not null,
    readings bigint not null,
    received_at_us bigint not null,
    received_by text not null,
    primary key (park_id, seq),
    unique (park_id, batch_id)
);

-- One file. Kinds: raw, hour, day, month. Level 0 is a batch as it came, level 1 is folded: one value for a moment.
create table segment (
    park_id text not null references park (id),
    path text not null,
    kind text not null,
    -- The park's local month, 2024-03.
    month text not null,
    level bigint not null,
    -- The batch it came with, or the newest batch folded into it.
    seq bigint not null,
    -- The batch it came with; null for what compaction wrote.
    batch_seq bigint,
    row_count bigint not null,
    bytes bigint not null,
    min_at_us bigint not null,
    max_at_us bigint not null,
    sha256 text not null,
    -- Set when other files took its place; the moment tells when it may be removed.
    replaced_at_us bigint,
    primary key (park_id, path)
);
create index segment_by_month on segment (park_id, month, replaced_at_us);

-- What must be known of a meter before its next readings come.
create table reading_meter (
    park_id text not null references park (id),
    meter_id text not null,
    -- The usual step between its readings, and how often it was seen.
    step_us bigint,
    steps_seen bigint not null,
    -- The last state of a counter: its next reading is a difference to it.
    counter_at_us bigint,
    counter_value double precision,
    primary key (park_id, meter_id)
);

-- Which column of a source's files means what, as it was said once.
create table reading_mapping (
    park_id text not null references park (id),
    source text not null,
    mapping text not null,
    saved_at_us bigint not null,
    saved_by text not null,
    primary key (park_id, source)
);
