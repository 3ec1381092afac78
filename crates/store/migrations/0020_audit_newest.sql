-- The newest change of a kind, without a walk over all of them.
create index audit_newest on audit (entity, seq);
