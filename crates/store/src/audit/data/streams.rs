//! The log against single streams: what was added and withdrawn since the last import is taken back, so that the sheet
//! can be held against what that import said.

use engine::ids::StreamId;
use engine::park::Stream;
use serde_json::Value;

use super::super::chain::{AuditFinding, FindingKind};
use super::finding;
use crate::parks::streams::StreamTold;

pub(super) struct StreamChange {
    seq: i64,
    entity_id: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl StreamChange {
    pub(super) fn new(seq: i64, entity_id: String, before: Option<Value>, after: Option<Value>) -> StreamChange {
        StreamChange { seq, entity_id, before, after }
    }
}

/// The streams as they were at the last import, in the order of its sheet.
pub(super) fn streams_at_last_save(
    streams: Vec<Stream>,
    positions: Vec<(i64, StreamId)>,
    changes: &[StreamChange],
    saved: i64,
    findings: &mut Vec<AuditFinding>,
) -> Vec<Stream> {
    let position_of = |stream: &Stream| positions.iter().find(|(_, id)| *id == stream.id).map_or(0, |(at, _)| *at);
    let mut current: Vec<(i64, Stream)> = streams.into_iter().map(|stream| (position_of(&stream), stream)).collect();
    for change in changes.iter().filter(|change| change.seq > saved).rev() {
        let place = ("stream", change.entity_id.as_str());
        if let Some(told) = &change.after {
            let added = read(told).and_then(|(_, stream)| {
                let at = current.iter().position(|(_, kept)| kept.id == stream.id)?;
                Some((stream, current.remove(at).1))
            });
            match added {
                Some((told, kept)) if told == kept => {}
                Some((told, kept)) => {
                    let say = |stream: &Stream| serde_json::to_string(stream).unwrap_or_default();
                    findings.push(finding(FindingKind::Data, Some(change.seq), place, say(&told), say(&kept)));
                }
                None => findings.push(finding(FindingKind::Gone, Some(change.seq), place, told, "")),
            }
        }
        if let Some((position, stream)) = change.before.as_ref().and_then(read) {
            current.push((position, stream));
        }
    }
    current.sort_by_key(|(position, _)| *position);
    current.into_iter().map(|(_, stream)| stream).collect()
}

/// Its place in the sheet and the stream, as the log tells of it.
fn read(told: &Value) -> Option<(i64, Stream)> {
    let told: StreamTold = serde_json::from_value(told.clone()).ok()?;
    Some((told.position, told.stream()?))
}
