-- Verifications that somebody signed, as they stood: the answer of the engine and the digests of its inputs piece by piece.
-- Never edited; a later one of the same measure and period supersedes. They refer to the park only: an import replaces its
-- enterprises and measures.

create table signed_verification (
    id text not null primary key,
    park_id text not null references park (id),
    enterprise_id text not null,
    measure_id text not null,
    period_start text not null,
    period_end text not null,
    -- SHA-256 over all pieces.
    inputs_digest text not null,
    -- The pieces with their digests, JSON.
    pieces text not null,
    -- The verification as it stood, JSON.
    verification text not null,
    -- Whose name the certificate bears, and by what.
    signer text not null,
    evidence text not null,
    signed_at_us bigint not null,
    signed_by text not null,
    signed_as text not null,
    superseded_at_us bigint,
    superseded_by text
);
create index signed_verification_by_measure on signed_verification (park_id, measure_id, period_start, signed_at_us);
create index signed_verification_by_digest on signed_verification (inputs_digest);
