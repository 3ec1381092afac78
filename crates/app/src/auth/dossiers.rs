//! Who may see a dossier, start one, and write down what happened to it. Whoever applies follows the dossier and writes down
//! what they hear of it; the management board keeps the procedure; ministries give opinions on parks.

use engine::ids::EnterpriseId;

use super::{ParkKey, Role, Sight, User, sight};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DossierRight {
    See,
    Start,
    /// Write steps, returns, withdrawals and the end down.
    Write,
    /// Write an opinion down.
    Opine,
    /// Have the papers of the dossier drafted from the records.
    Prepare,
}

pub(super) fn may_see_any(user: &User, park: Option<&ParkKey>) -> bool {
    match (user.role, park) {
        (Role::Ministry, _) => true,
        (Role::ProvincialBoard, None) => user.province.is_some(),
        (Role::ProvincialBoard, Some(park)) => is_board(user, park),
        (Role::ParkOperator | Role::Consultant | Role::EnterpriseEditor, None) => !user.parks().is_empty(),
        (Role::ParkOperator | Role::Consultant | Role::EnterpriseEditor, Some(park)) => user.parks().contains(&park.id),
        _ => false,
    }
}

pub(super) fn may(user: &User, right: DossierRight, park: &ParkKey, enterprise: Option<&EnterpriseId>) -> bool {
    let is_theirs = applies(user, park, enterprise);
    let keeps = is_theirs || is_board(user, park);
    match right {
        DossierRight::See => {
            // Ministries are asked about parks; what they see of enterprises are totals.
            let is_asked = user.role == Role::Ministry && enterprise.is_none();
            keeps || is_asked || sight(user, park) == Sight::Whole
        }
        DossierRight::Start | DossierRight::Write => keeps,
        DossierRight::Opine => keeps || (user.role == Role::Ministry && enterprise.is_none()),
        DossierRight::Prepare => is_theirs,
    }
}

/// Whether they are the one who hands the dossier in.
fn applies(user: &User, park: &ParkKey, enterprise: Option<&EnterpriseId>) -> bool {
    match enterprise {
        None => sight(user, park) == Sight::Whole,
        Some(enterprise) => user.is_enterprise(&park.id, enterprise) || user.is_assigned(&park.id, Some(enterprise)),
    }
}

fn is_board(user: &User, park: &ParkKey) -> bool {
    user.role == Role::ProvincialBoard && user.province.is_some() && user.province == park.province
}
