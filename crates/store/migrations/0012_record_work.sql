-- What people do about records beside entering them: they answer findings, complete and approve periods, and attach
-- evidence. All of it is kept after it ended. It refers to the park only: an import replaces its enterprises.

create table finding_answer (
    id text not null primary key,
    park_id text not null references park (id),
    enterprise_id text not null,
    -- The finding's key: rule, enterprise, cell and period.
    finding text not null,
    -- The declared figures that the answer speaks of; it holds while the finding has the same.
    figures text not null,
    comment text not null,
    answered_at_us bigint not null,
    answered_by text not null,
    superseded_at_us bigint,
    superseded_by text
);
create index finding_answer_by_place on finding_answer (park_id, enterprise_id, finding);

create table period_mark (
    id text not null primary key,
    park_id text not null references park (id),
    enterprise_id text not null,
    period_start text not null,
    period_end text not null,
    -- A group of resources, or `all`.
    resource_group text not null,
    -- The resources of the group when it was marked, as a JSON list; null for all.
    resources text,
    state text not null,
    -- Of an approval: who approved, as a level of the catalogue.
    level text,
    -- Of a reopening.
    reason text,
    marked_at_us bigint not null,
    marked_by text not null,
    marked_by_role text not null,
    -- Null for the one that holds.
    superseded_at_us bigint
);
create index period_mark_by_place on period_mark (park_id, enterprise_id, period_start);

create table evidence (
    id text not null primary key,
    park_id text not null references park (id),
    enterprise_id text not null,
    -- Of a record: what it is about. Of an answer: the finding's key.
    resource_id text,
    period_start text,
    period_end text,
    finding text,
    file_name text not null,
    media_type text not null,
    bytes bigint not null,
    sha256 text not null,
    added_at_us bigint not null,
    added_by text not null,
    removed_at_us bigint,
    removed_by text
);
create index evidence_by_place on evidence (park_id, enterprise_id);
