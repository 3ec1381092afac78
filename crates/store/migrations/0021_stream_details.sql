-- What a stream says of itself beyond its quantity. All of it may be null: unknown.

alter table stream add column cpc text;
alter table stream add column form text;
alter table stream add column rhythm text;
-- Months of a seasonal stream, `1;11;12`.
alter table stream add column months text;
alter table stream add column available_from text;
-- The first day on which it is no longer there.
alter table stream add column ended_on text;
alter table stream add column hazard_group text;
alter table stream add column licence_kind text;
alter table stream add column licence_number text;
