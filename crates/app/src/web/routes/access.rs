//! The page `docs/access.md`: every way in with its rule, so that a change of a rule shows in a review.

use super::{Door, Rule};
use crate::auth::DossierRight;

impl Rule {
    /// Every rule with its name and what it asks of whoever comes.
    fn described(self) -> (&'static str, &'static str) {
        match self {
            Rule::Public => ("public", "Nothing."),
            Rule::SignedIn => ("signed in", "An account."),
            Rule::Park => (
                "park",
                "At least totals of the park: its people, its province's board, ministry, programme, administrator.",
            ),
            Rule::WholePark => {
                ("whole park", "Every enterprise of the park by name: its operator and consultants assigned to it.")
            }
            Rule::Measure => ("measure", "The enterprise whose measure it is, and whoever sees the whole park."),
            Rule::Meter => (
                "meter",
                "The enterprise whose meter it is, and whoever sees the whole park, as far as its readings are shared.",
            ),
            Rule::Row => ("row", "The enterprise whose row it is, and whoever sees the whole park."),
            Rule::Enterprise => ("enterprise", "That enterprise itself, and whoever sees it by name."),
            Rule::EditEnterprise => ("edit enterprise", "As *enterprise*."),
            Rule::ShareEnterprise => ("share", "That enterprise itself and nobody else."),
            Rule::ApproveRecords => ("approve records", "The operator of the park."),
            Rule::AssignPark => ("assign", "The operator of the park."),
            Rule::ImportPark => ("import park", "As *whole park*."),
            Rule::ParkForm => {
                ("park form", "Whoever sees the whole park; the board of its province, of what was handed in.")
            }
            Rule::WriteParkForm => ("write park form", "As *whole park*."),
            Rule::SubmitParkForm => ("submit park form", "The operator of the park."),
            Rule::ReceiveForm => ("receive form", "The board of the park's province."),
            Rule::EnterpriseForm => (
                "enterprise form",
                "The enterprise itself and its consultant; operator, consultants of the park and board, of what was handed in.",
            ),
            Rule::WriteEnterpriseForm => ("write enterprise form", "The enterprise itself and its consultant."),
            Rule::SubmitEnterpriseForm => ("submit enterprise form", "The enterprise itself."),
            Rule::SelfAssess => ("assess itself", "The operator of the park."),
            Rule::ReviewAssess => ("review", "Consultants assigned to the park, and the board of its province."),
            Rule::Register => (
                "register",
                "Ministry and administrator; a board of its province; operator and consultant of their parks.",
            ),
            Rule::RegisterImports => {
                ("register imports", "Ministry and administrator; a board for its province and in its own imports.")
            }
            Rule::Dossiers => {
                ("dossiers", "Operator, consultant and enterprise of their own; a board of its province; the ministry.")
            }
            Rule::Dossier(DossierRight::See) => (
                "dossier",
                "Whose dossier it is; of an enterprise also whoever sees its whole park; the province's board; of a park the ministry.",
            ),
            Rule::Dossier(DossierRight::Start | DossierRight::Write) => (
                "write dossier",
                "Of a park its operator and consultants, of an enterprise itself and its consultants; the province's board.",
            ),
            Rule::Dossier(DossierRight::Opine) => ("opinion", "As *write dossier*, and of a park the ministry."),
            Rule::Dossier(DossierRight::Prepare) => ("prepare dossier", "As *write dossier*, without the board."),
            Rule::EnterpriseDossier => {
                ("enterprise dossier", "That enterprise itself and consultants assigned to it; the province's board.")
            }
            Rule::EditNation => ("edit nation", "Ministry and administrator."),
            Rule::Policy => (
                "policy",
                "Ministry, programme and administrator; a board of its province. Parks are those they may see.",
            ),
            Rule::Log => ("log", "The administrator."),
            Rule::People => ("people", "The administrator."),
            Rule::EditFrameworks => ("edit frameworks", "The administrator."),
            Rule::Invite => {
                ("invite", "Administrator, operator of a park, officer of an enterprise; each invites into their own.")
            }
        }
    }
}

pub fn page(doors: &[Door]) -> String {
    let mut rules: Vec<Rule> = doors.iter().map(|door| door.rule).collect();
    rules.sort();
    rules.dedup();
    let mut lines = vec![
        "# Who may open what".to_string(),
        String::new(),
        "Written by `./run docs` from the router; a test holds it against the program. `crates/app/src/auth.rs` says how a".to_string(),
        "rule is decided, and the tests of `crates/app/src/web/routes.rs` try every way in with every role.".to_string(),
        String::new(),
        "| rule | asks for |".to_string(),
        "|---|---|".to_string(),
    ];
    let mut described: Vec<(&str, &str)> = rules.into_iter().map(Rule::described).collect();
    described.dedup();
    lines.extend(described.into_iter().map(|(name, asks)| format!("| {name} | {asks} |")));
    lines.extend([String::new(), "| way in | rule |".to_string(), "|---|---|".to_string()]);
    let mut doors: Vec<&Door> = doors.iter().collect();
    doors.sort_by_key(|door| (door.path, door.method.as_str().to_string()));
    lines.extend(doors.iter().map(|door| format!("| {} `{}` | {} |", door.method, door.path, door.rule.described().0)));
    lines.push(String::new());
    lines.join("\n")
}
