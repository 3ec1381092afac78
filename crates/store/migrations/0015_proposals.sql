-- What enterprises say about the streams that were proposed to them. Kept after it was superseded. It refers to the park
-- only: an import replaces its enterprises and streams.

create table proposal_answer (
    id text not null primary key,
    park_id text not null references park (id),
    enterprise_id text not null,
    -- The proposal's key: direction, and resource, waste code or name.
    proposal text not null,
    -- `confirmed` or `dismissed`.
    verdict text not null,
    -- What the confirmation declared: a record by its resource and period, or a stream; all null where no quantity is known.
    resource_id text,
    period_start text,
    period_end text,
    stream_id text,
    answered_at_us bigint not null,
    answered_by text not null,
    superseded_at_us bigint,
    -- The answer that took its place; null where it was taken back.
    superseded_by text
);
create index proposal_answer_by_place on proposal_answer (park_id, enterprise_id, proposal);
