//! The page `docs/access.md`: every way in with its rule, so that a change of a rule shows in a review.

use super::{Door, Rule};

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
            Rule::Register => (
                "register",
                "Ministry and administrator; a board of its province; operator and consultant of their parks.",
            ),
            Rule::RegisterImports => {
                ("register imports", "Ministry and administrator; a board for its province and in its own imports.")
            }
            Rule::EditNation => ("edit nation", "Ministry and administrator."),
            Rule::Policy => (
                "policy",
                "Ministry, programme and administrator; a board of its province. Parks are those they may see.",
            ),
            Rule::Log => ("log", "The administrator."),
            Rule::People => ("people", "The administrator."),
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
    lines.extend(rules.into_iter().map(Rule::described).map(|(name, asks)| format!("| {name} | {asks} |")));
    lines.extend([String::new(), "| way in | rule |".to_string(), "|---|---|".to_string()]);
    let mut doors: Vec<&Door> = doors.iter().collect();
    doors.sort_by_key(|door| (door.path, door.method.as_str().to_string()));
    lines.extend(doors.iter().map(|door| format!("| {} `{}` | {} |", door.method, door.path, door.rule.described().0)));
    lines.push(String::new());
    lines.join("\n")
}
