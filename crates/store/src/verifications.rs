//! Verifications that somebody signed, as they stood then. A later one of the same measure and period takes the place of
//! the earlier one, which is kept.

use std::collections::BTreeMap;

use engine::ids::{EnterpriseId, MeasureId, ParkId};
use engine::period::Period;
use engine::source::Digest;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::audit::{Change, Shown};
use crate::records::{RecordError, enterprise_exists};
use crate::sql::{Columns, Rows, date, query, text, whole};
use crate::{Actor, Scope, Store};

/// A verification that is about to be signed.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSigned {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub measure: MeasureId,
    pub period: Period,
    /// Over all pieces, as the engine makes it.
    pub inputs: String,
    /// JSON.
    pub pieces: String,
    /// JSON.
    pub verification: String,
    pub signer: String,
    pub evidence: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignedVerification {
    pub id: String,
    pub enterprise: EnterpriseId,
    pub measure: MeasureId,
    pub period: Period,
    pub inputs: String,
    pub pieces: String,
    pub verification: String,
    pub signer: String,
    pub evidence: String,
    pub signed_at_us: i64,
    pub signed_by: String,
    /// Code of the role it was signed in.
    pub signed_as: String,
    /// `None` for the one that holds.
    pub superseded_at_us: Option<i64>,
}

const COLUMNS: &str = "id, enterprise_id, measure_id, period_start, period_end, inputs_digest, pieces, verification, \
                       signer, evidence, signed_at_us, signed_by, signed_as, superseded_at_us";

impl Store {
    /// Keeps a signed verification in the place of the one that held before, and gives its identifier.
    pub async fn sign_verification(
        &self,
        actor: &Actor,
        scope: &Scope,
        new: &NewSigned,
    ) -> Result<String, RecordError> {
        if !scope.covers_enterprise(&new.park, &new.enterprise) {
            return Err(RecordError::OutsideScope);
        }
        let name = format!("{}/{}/{}", new.park, new.measure, new.period);
        let change = Change::new("sign", "verification", name).of_park(&new.park).of_enterprise(&new.enterprise);
        let mut write = self.write(actor, change).await?;
        if !enterprise_exists(write.connection(), &new.park, &new.enterprise).await? {
            return Err(RecordError::NotFound);
        }
        let id = Uuid::now_v7().to_string();
        let sql = "update signed_verification set superseded_at_us = $1, superseded_by = $2 where park_id = $3 \
                   and measure_id = $4 and period_start = $5 and period_end = $6 and superseded_at_us is null";
        let superseding = query(sql).bind_all([
            whole(actor.at_us),
            text(&id),
            text(new.park.as_str()),
            text(new.measure.as_str()),
            date(new.period.start()),
            date(new.period.end()),
        ]);
        superseding.execute(write.connection()).await?;
        insert(write.connection(), actor, &id, new).await?;
        write.after(Some(says(&id, &new.inputs, (&new.signer, &new.evidence), (&new.verification, &new.pieces))));
        write.commit().await?;
        Ok(id)
    }

    /// What was ever signed of a park, within scope, oldest first.
    pub async fn signed_verifications(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Vec<SignedVerification>> {
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from signed_verification where park_id = $1 order by signed_at_us, id");
        let rows = query(sql).bind(text(park.as_str())).rows(&mut read).await?;
        let signed = rows.iter().map(|row| signed(&mut Columns::of(row))).collect::<anyhow::Result<Vec<_>>>()?;
        let is_covered = |one: &SignedVerification| scope.covers_enterprise(park, &one.enterprise);
        Ok(signed.into_iter().filter(is_covered).collect())
    }
}

async fn insert(connection: &mut AnyConnection, actor: &Actor, id: &str, new: &NewSigned) -> anyhow::Result<()> {
    let columns = [
        "id",
        "park_id",
        "enterprise_id",
        "measure_id",
        "period_start",
        "period_end",
        "inputs_digest",
        "pieces",
        "verification",
        "signer",
        "evidence",
        "signed_at_us",
        "signed_by",
        "signed_as",
    ];
    let mut rows = Rows::of("signed_verification", &[], columns);
    rows.push([
        text(id),
        text(new.park.as_str()),
        text(new.enterprise.as_str()),
        text(new.measure.as_str()),
        date(new.period.start()),
        date(new.period.end()),
        text(&new.inputs),
        text(&new.pieces),
        text(&new.verification),
        text(&new.signer),
        text(&new.evidence),
        whole(actor.at_us),
        text(&actor.id),
        text(&actor.role),
    ]);
    rows.insert(connection).await
}

fn signed(columns: &mut Columns) -> anyhow::Result<SignedVerification> {
    Ok(SignedVerification {
        id: columns.text()?,
        enterprise: EnterpriseId::new(columns.text()?),
        measure: MeasureId::new(columns.text()?),
        period: columns.period()?,
        inputs: columns.text()?,
        pieces: columns.text()?,
        verification: columns.text()?,
        signer: columns.text()?,
        evidence: columns.text()?,
        signed_at_us: columns.whole()?,
        signed_by: columns.text()?,
        signed_as: columns.text()?,
        superseded_at_us: columns.maybe_whole()?,
    })
}

/// What the log says of a signed verification: answer and pieces stand in it by their digest.
fn says(id: &str, inputs: &str, signed: (&str, &str), kept: (&str, &str)) -> Value {
    let (signer, evidence) = signed;
    json!({ "id": id, "inputs": inputs, "signer": signer, "evidence": evidence, "kept": Digest::of_value(&kept) })
}

/// Every signed verification, for the log to be held against.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let mut shown = BTreeMap::new();
    for row in query(format!("select {COLUMNS} from signed_verification")).rows(connection).await? {
        let one = signed(&mut Columns::of(&row))?;
        let says = says(&one.id, &one.inputs, (&one.signer, &one.evidence), (&one.verification, &one.pieces));
        shown.insert(one.id, Shown { says, by: one.signed_by });
    }
    Ok(shown)
}
