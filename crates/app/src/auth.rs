//! Who may do what, and what they see. Every route and command passes [`may`]; only this file makes a `Scope`.

mod dossiers;

use std::collections::BTreeSet;

pub use dossiers::DossierRight;
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Language;
use jiff::civil::Date;
use store::{Access, Actor, Assignment, EnterpriseGrant, Grant, ParkGrant, Reduced, Scope, Share, Store, Subject};

/// The eight roles of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Public,
    EnterpriseEditor,
    ParkOperator,
    Consultant,
    ProvincialBoard,
    Ministry,
    ProgrammeOfficer,
    Administrator,
    /// Nobody's account: the command line, used by whoever may read the store's file anyway.
    Machine,
}

impl Role {
    /// The roles that somebody may have.
    pub const ALL: [Role; 8] = [
        Role::Public,
        Role::EnterpriseEditor,
        Role::ParkOperator,
        Role::Consultant,
        Role::ProvincialBoard,
        Role::Ministry,
        Role::ProgrammeOfficer,
        Role::Administrator,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Role::Public => "public",
            Role::EnterpriseEditor => "enterprise-editor",
            Role::ParkOperator => "park-operator",
            Role::Consultant => "consultant",
            Role::ProvincialBoard => "provincial-board",
            Role::Ministry => "ministry",
            Role::ProgrammeOfficer => "programme-officer",
            Role::Administrator => "administrator",
            Role::Machine => "machine",
        }
    }

    pub fn parse(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// Somebody who uses the platform; the public is somebody too.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub id: String,
    pub name: String,
    pub role: Role,
    /// The park that an operator runs or an enterprise lies in.
    pub park: Option<ParkId>,
    pub enterprise: Option<EnterpriseId>,
    /// Province code of a provincial board, newer edition.
    pub province: Option<String>,
    pub language: Language,
    /// Assignments of a consultant that hold today.
    pub assignments: Vec<Assignment>,
    /// What enterprises share with this person today, beyond what the law opens.
    pub shares: Vec<Share>,
}

impl User {
    pub fn public(language: Language) -> User {
        User {
            id: "public".to_string(),
            name: String::new(),
            role: Role::Public,
            park: None,
            enterprise: None,
            province: None,
            language,
            assignments: Vec::new(),
            shares: Vec::new(),
        }
    }

    /// The command line, unless it acts as somebody.
    pub fn machine(language: Language) -> User {
        User { id: "system".to_string(), role: Role::Machine, ..User::public(language) }
    }

    /// A stored user with what was given to them that holds today; an unknown role is nobody. Asked anew for every
    /// request, so that what was ended or withdrawn closes at once.
    pub async fn identified(store: &Store, stored: &store::User, today: Date) -> anyhow::Result<Option<User>> {
        let Some(user) = User::of(stored) else { return Ok(None) };
        let access = match user.role {
            Role::ParkOperator => store.access(&stored.id, user.park.as_ref(), today).await?,
            Role::Consultant => store.access(&stored.id, None, today).await?,
            _ => Access::default(),
        };
        Ok(Some(User { assignments: access.assignments, shares: access.shares, ..user }))
    }

    /// A stored user; an unknown role is nobody.
    pub fn of(stored: &store::User) -> Option<User> {
        Some(User {
            id: stored.id.as_str().to_string(),
            name: stored.name.clone(),
            role: Role::parse(&stored.role)?,
            park: stored.park.clone(),
            enterprise: stored.enterprise.clone(),
            province: stored.province.clone(),
            language: stored.language,
            assignments: Vec::new(),
            shares: Vec::new(),
        })
    }

    /// The parks that this person works in.
    pub fn parks(&self) -> BTreeSet<&ParkId> {
        match self.role {
            Role::Consultant => self.assignments.iter().map(|assignment| &assignment.park).collect(),
            _ => self.park.iter().collect(),
        }
    }

    /// Where this person begins: at their enterprise, at a park that they work in, else at the nation.
    pub fn home(&self) -> String {
        match (self.parks().first(), &self.enterprise) {
            (Some(park), Some(enterprise)) => format!("/parks/{park}/enterprises/{enterprise}"),
            (Some(park), None) => format!("/parks/{park}"),
            (None, _) => "/".to_string(),
        }
    }

    /// The enterprise whose account this is.
    pub fn is_enterprise(&self, park: &ParkId, enterprise: &EnterpriseId) -> bool {
        self.role == Role::EnterpriseEditor
            && self.park.as_ref() == Some(park)
            && self.enterprise.as_ref() == Some(enterprise)
    }

    fn is_assigned(&self, park: &ParkId, enterprise: Option<&EnterpriseId>) -> bool {
        self.role == Role::Consultant
            && self.assignments.iter().any(|given| given.park == *park && given.enterprise.as_ref() == enterprise)
    }

    pub fn is_signed_in(&self) -> bool {
        self.role != Role::Public
    }

    pub fn actor(&self, at_us: i64) -> Actor {
        if self.role == Role::Machine {
            return Actor::system(at_us);
        }
        Actor::new(&self.id, self.role.code(), at_us)
    }

    /// What the store may hand out to this person.
    pub fn scope(&self) -> Scope {
        if self.role == Role::Machine {
            return Scope::system();
        }
        let parks = match self.role {
            Role::Ministry | Role::ProgrammeOfficer | Role::Administrator | Role::ProvincialBoard => ParkGrant::All,
            Role::Public => ParkGrant::These(BTreeSet::new()),
            _ => ParkGrant::These(self.parks().into_iter().cloned().collect()),
        };
        let enterprises = match (&self.role, &self.park, &self.enterprise) {
            (Role::ParkOperator, Some(park), _) => EnterpriseGrant::Reduced(Reduced {
                by_law: BTreeSet::from([park.clone()]),
                whole: BTreeSet::new(),
                shared: self.shared(),
            }),
            (Role::Consultant, _, _) => {
                let mut reduced = Reduced { shared: self.shared(), ..Reduced::default() };
                for Assignment { park, enterprise, .. } in &self.assignments {
                    match enterprise {
                        None => _ = reduced.by_law.insert(park.clone()),
                        Some(enterprise) => _ = reduced.whole.insert((park.clone(), enterprise.clone())),
                    }
                }
                EnterpriseGrant::Reduced(reduced)
            }
            (Role::EnterpriseEditor, Some(park), Some(enterprise)) => {
                EnterpriseGrant::These(BTreeSet::from([(park.clone(), enterprise.clone())]))
            }
            _ => EnterpriseGrant::None,
        };
        Scope::granted(Grant { parks, enterprises })
    }

    /// What the store may hand out of the reports of a park and its enterprises: to the board that they are handed in to also
    /// what is not in its scope otherwise.
    pub fn scope_of_reports(&self, park: &ParkKey) -> Scope {
        let is_recipient = self.role == Role::ProvincialBoard && may(self, &Action::ReceiveForm(park.clone())).is_ok();
        if !is_recipient {
            return self.scope();
        }
        let by_law = BTreeSet::from([park.id.clone()]);
        Scope::granted(Grant {
            parks: ParkGrant::These(by_law.clone()),
            enterprises: EnterpriseGrant::Reduced(Reduced { by_law, ..Reduced::default() }),
        })
    }

    /// What the store may hand out to this person of dossiers: authorities read them all, and are shown those that
    /// [`may`] opens.
    pub fn dossier_scope(&self) -> Scope {
        match self.role {
            Role::ProvincialBoard | Role::Ministry => Scope::system(),
            _ => self.scope(),
        }
    }

    fn shared(&self) -> BTreeSet<(ParkId, EnterpriseId, Subject)> {
        self.shares.iter().map(|share| (share.park.clone(), share.enterprise.clone(), share.subject)).collect()
    }
}

/// The scope of our own computations: totals are computed from whole parks and only then reduced to what their
/// reader may see.
pub fn whole() -> Scope {
    Scope::system()
}

/// The scope of what enterprises let be found from other parks: these enterprises and nobody else, whoever asks. What is
/// told of them is coded.
pub fn found(open: BTreeSet<(ParkId, EnterpriseId)>) -> Scope {
    let parks = ParkGrant::These(open.iter().map(|(park, _)| park.clone()).collect());
    Scope::granted(Grant { parks, enterprises: EnterpriseGrant::These(open) })
}

/// What a person sees of a park that has data.
#[derive(Clone, Debug, PartialEq)]
pub enum Sight {
    /// Every enterprise by name, with what the law and each enterprise open: the park's operator and its consultant.
    Whole,
    /// Totals of the park without names.
    Totals,
    /// Totals, and one enterprise.
    Own(EnterpriseId),
    /// Only what the registry prints.
    Registry,
}

impl Sight {
    pub fn shows_names(&self) -> bool {
        *self == Sight::Whole
    }

    /// Whether any enterprise may be named.
    pub fn names_any(&self) -> bool {
        matches!(self, Sight::Whole | Sight::Own(_))
    }

    pub fn shows_totals(&self) -> bool {
        *self != Sight::Registry
    }
}

/// A park with what `may` needs to know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParkKey {
    pub id: ParkId,
    /// Province code, newer edition.
    pub province: Option<String>,
}

pub fn sight(user: &User, park: &ParkKey) -> Sight {
    let is_own = user.park.as_ref() == Some(&park.id);
    match user.role {
        Role::ParkOperator if is_own => Sight::Whole,
        Role::Consultant if user.is_assigned(&park.id, None) => Sight::Whole,
        Role::Consultant => {
            let mut of_park = user.assignments.iter().filter(|given| given.park == park.id);
            of_park.find_map(|given| given.enterprise.clone()).map_or(Sight::Registry, Sight::Own)
        }
        Role::EnterpriseEditor if is_own => user.enterprise.clone().map_or(Sight::Registry, Sight::Own),
        Role::ProvincialBoard if user.province.is_some() && user.province == park.province => Sight::Totals,
        Role::Ministry | Role::ProgrammeOfficer | Role::Administrator => Sight::Totals,
        _ => Sight::Registry,
    }
}

/// Everything that can be asked for. A route or command names one.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nation, registry, sign-in, search, assets, the API's description.
    SeePublic,
    /// One's own account and sessions.
    SeeOwnAccount,
    /// The six steps of a park, at least as totals.
    SeePark(ParkKey),
    /// A park with every enterprise by name.
    SeeWholePark(ParkKey),
    /// A row of a park, and whose it is; `None` where there is no such row, which not everybody may know.
    SeeRow(ParkKey, Option<EnterpriseId>),
    /// Records and streams of one enterprise.
    SeeEnterprise(ParkKey, EnterpriseId),
    /// Change the records of one enterprise.
    EditEnterprise(ParkKey, EnterpriseId),
    /// Approve what enterprises of a park completed, and reopen it.
    ApproveRecords(ParkKey),
    /// Say who works for an enterprise and what it shares, and see who looked at it.
    ShareEnterprise(ParkKey, EnterpriseId),
    /// Say which consultants work for a park.
    AssignPark(ParkKey),
    /// Replace a park's data by an import.
    ImportPark(ParkKey),
    /// How far a state form of a park (`None`) or of one of its enterprises is, and what was handed in.
    SeeForm(ParkKey, Option<EnterpriseId>),
    /// See a draft and write into it.
    WriteForm(ParkKey, Option<EnterpriseId>),
    /// Hand a form in.
    SubmitForm(ParkKey, Option<EnterpriseId>),
    /// Receive forms of a park and its enterprises, or send them back.
    ReceiveForm(ParkKey),
    /// Say how the park itself judges its criteria.
    SelfAssess(ParkKey),
    /// Judge a park's criteria from outside: its consultant, and the board of its province.
    ReviewAssess(ParkKey),
    /// Write, publish and replace editions of frameworks.
    EditFrameworks,
    /// The register of enterprises, at least a part of it.
    SeeRegister,
    /// A registered enterprise, which lies in these provinces (newer edition) and in these parks of this store.
    SeeRegistered { provinces: BTreeSet<String>, parks: BTreeSet<ParkId> },
    /// Change the register by an import; of the province of its board only, `None` for the whole nation.
    EditRegister { province: Option<String> },
    /// The pages of imports into the register, for those who may change any of it.
    SeeRegisterImports,
    /// The page of dossiers and their deadlines, for those who have any to do with one; of one park, or of all.
    SeeDossiers(Option<ParkKey>),
    /// Something about the dossiers of a park (`None`) or of an enterprise.
    Dossier(DossierRight, ParkKey, Option<EnterpriseId>),
    /// Try a changed rule on the parks whose totals are one's to see, and keep scenarios.
    TryPolicy,
    /// The log of changes.
    SeeAudit,
    /// Serve, copy or replace the whole store.
    KeepStore,
    /// Everybody's accounts, and the organisations that they work for.
    ManagePeople,
    /// The page of invitations, for those who may invite anybody at all.
    SeeInvitations,
    /// Invite somebody into this role, of this park and enterprise.
    Invite { role: Role, park: Option<ParkId>, enterprise: Option<EnterpriseId> },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Forbidden {
    /// True when signing in might help.
    pub sign_in: bool,
}

/// The one rule book.
pub fn may(user: &User, action: &Action) -> Result<(), Forbidden> {
    if user.role == Role::Machine {
        return Ok(());
    }
    let is_allowed = match action {
        Action::SeePublic => true,
        Action::SeeOwnAccount => user.is_signed_in(),
        Action::SeePark(park) => sight(user, park).shows_totals(),
        Action::SeeEnterprise(park, enterprise) | Action::EditEnterprise(park, enterprise) => match sight(user, park) {
            Sight::Whole => true,
            Sight::Own(own) => own == *enterprise || user.is_assigned(&park.id, Some(enterprise)),
            Sight::Totals | Sight::Registry => false,
        },
        Action::SeeRow(park, enterprise) => match sight(user, park) {
            Sight::Whole => true,
            Sight::Own(own) => {
                let is_theirs = |it: &EnterpriseId| own == *it || user.is_assigned(&park.id, Some(it));
                enterprise.as_ref().is_some_and(is_theirs)
            }
            Sight::Totals | Sight::Registry => false,
        },
        Action::ShareEnterprise(park, enterprise) => user.is_enterprise(&park.id, enterprise),
        Action::ApproveRecords(park) | Action::AssignPark(park) | Action::SelfAssess(park) => {
            user.role == Role::ParkOperator && sight(user, park) == Sight::Whole
        }
        Action::SeeForm(park, enterprise) => {
            // By the decree an enterprise's report goes to the board and to the developer of its park.
            sight(user, park) == Sight::Whole
                || may(user, &Action::WriteForm(park.clone(), enterprise.clone())).is_ok()
                || may(user, &Action::ReceiveForm(park.clone())).is_ok()
        }
        Action::WriteForm(park, None) => sight(user, park) == Sight::Whole,
        Action::WriteForm(park, Some(enterprise)) => {
            user.is_enterprise(&park.id, enterprise) || user.is_assigned(&park.id, Some(enterprise))
        }
        Action::SubmitForm(park, None) => user.role == Role::ParkOperator && sight(user, park) == Sight::Whole,
        Action::SubmitForm(park, Some(enterprise)) => user.is_enterprise(&park.id, enterprise),
        Action::ReceiveForm(park) => user.role == Role::ProvincialBoard && sight(user, park) == Sight::Totals,
        Action::ReviewAssess(park) => match user.role {
            Role::Consultant => sight(user, park) == Sight::Whole,
            Role::ProvincialBoard => sight(user, park) == Sight::Totals,
            _ => false,
        },
        Action::SeeWholePark(park) | Action::ImportPark(park) => sight(user, park) == Sight::Whole,
        Action::SeeRegister => match user.role {
            Role::Ministry | Role::Administrator => true,
            Role::ProvincialBoard => user.province.is_some(),
            Role::ParkOperator | Role::Consultant => !user.parks().is_empty(),
            _ => false,
        },
        // Who is where in which park is the authorities' register; of its own park an operator knows it anyway.
        Action::SeeRegistered { provinces, parks } => match user.role {
            Role::Ministry | Role::Administrator => true,
            Role::ProvincialBoard => user.province.as_ref().is_some_and(|province| provinces.contains(province)),
            Role::ParkOperator | Role::Consultant => user.parks().into_iter().any(|park| parks.contains(park)),
            _ => false,
        },
        Action::EditRegister { province } => match user.role {
            Role::Ministry | Role::Administrator => true,
            Role::ProvincialBoard => user.province.is_some() && user.province == *province,
            _ => false,
        },
        Action::SeeRegisterImports => match user.role {
            Role::Ministry | Role::Administrator => true,
            Role::ProvincialBoard => user.province.is_some(),
            _ => false,
        },
        Action::SeeDossiers(park) => dossiers::may_see_any(user, park.as_ref()),
        Action::Dossier(right, park, enterprise) => dossiers::may(user, *right, park, enterprise.as_ref()),
        // Outcomes of single parks are for those who see the totals of several.
        Action::TryPolicy => match user.role {
            Role::Ministry | Role::ProgrammeOfficer | Role::Administrator => true,
            Role::ProvincialBoard => user.province.is_some(),
            _ => false,
        },
        Action::SeeAudit | Action::ManagePeople | Action::EditFrameworks => user.role == Role::Administrator,
        Action::KeepStore => false,
        Action::SeeInvitations => match user.role {
            Role::Administrator => true,
            Role::ParkOperator => user.park.is_some(),
            Role::EnterpriseEditor => user.park.is_some() && user.enterprise.is_some(),
            _ => false,
        },
        Action::Invite { role, park, enterprise } => may_invite(user, *role, park.as_ref(), enterprise.as_ref()),
    };
    if is_allowed { Ok(()) } else { Err(Forbidden { sign_in: !user.is_signed_in() }) }
}

/// An administrator invites anybody; an operator the people of the own park's developer and of its enterprises; an
/// enterprise its own colleagues.
fn may_invite(user: &User, role: Role, park: Option<&ParkId>, enterprise: Option<&EnterpriseId>) -> bool {
    let is_own_park = park.is_some() && park == user.park.as_ref();
    match user.role {
        Role::Administrator => role != Role::Public,
        Role::ParkOperator => match role {
            Role::ParkOperator => is_own_park && enterprise.is_none(),
            Role::EnterpriseEditor => is_own_park && enterprise.is_some(),
            _ => false,
        },
        Role::EnterpriseEditor => {
            let is_own = is_own_park && enterprise.is_some() && enterprise == user.enterprise.as_ref();
            role == Role::EnterpriseEditor && is_own
        }
        _ => false,
    }
}

/// Contributors that a published total needs.
pub const FEWEST_CONTRIBUTORS: usize = 3;
/// The largest part of a published total that one contributor may have.
pub const LARGEST_SHARE: f64 = 0.8;

/// Whether a total may be shown to somebody who may not see its parts.
pub fn may_publish(parts: &[f64]) -> bool {
    let given: Vec<f64> = parts.iter().copied().filter(|part| *part > 0.0).collect();
    let total: f64 = given.iter().sum();
    let largest = given.iter().copied().fold(0.0, f64::max);
    given.len() >= FEWEST_CONTRIBUTORS && largest <= LARGEST_SHARE * total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(role: Role) -> User {
        User {
            role,
            park: Some(ParkId::new("a")),
            enterprise: Some(EnterpriseId::new("E01")),
            province: Some("92".to_string()),
            assignments: vec![assignment("a", None)],
            ..User::public(Language::Vi)
        }
    }

    fn assignment(park: &str, enterprise: Option<&str>) -> Assignment {
        Assignment {
            id: "given".to_string(),
            user: store::UserId::new("somebody"),
            park: ParkId::new(park),
            enterprise: enterprise.map(EnterpriseId::new),
            starts_on: jiff::civil::date(2024, 1, 1),
            ends_on: jiff::civil::date(2024, 12, 31),
            given_by: "somebody".to_string(),
            ended_at_us: None,
        }
    }

    fn key(id: &str, province: &str) -> ParkKey {
        ParkKey { id: ParkId::new(id), province: Some(province.to_string()) }
    }

    #[test]
    fn each_role_sees_its_own_part_of_a_park() {
        let (own, other) = (key("a", "92"), key("b", "01"));
        let cases = [
            (Role::Public, Sight::Registry, Sight::Registry),
            (Role::EnterpriseEditor, Sight::Own(EnterpriseId::new("E01")), Sight::Registry),
            (Role::ParkOperator, Sight::Whole, Sight::Registry),
            (Role::Consultant, Sight::Whole, Sight::Registry),
            (Role::ProvincialBoard, Sight::Totals, Sight::Registry),
            (Role::Ministry, Sight::Totals, Sight::Totals),
            (Role::ProgrammeOfficer, Sight::Totals, Sight::Totals),
            (Role::Administrator, Sight::Totals, Sight::Totals),
        ];
        for (role, at_own, elsewhere) in cases {
            assert_eq!((sight(&user(role), &own), sight(&user(role), &other)), (at_own, elsewhere), "{role:?}");
        }
    }

    #[test]
    fn an_enterprise_is_seen_by_itself_its_operator_and_its_consultant_only() {
        let action = Action::SeeEnterprise(key("a", "92"), EnterpriseId::new("E02"));
        for role in Role::ALL {
            let expected = matches!(role, Role::ParkOperator | Role::Consultant);
            assert_eq!(may(&user(role), &action).is_ok(), expected, "{role:?}");
        }
        let own = Action::EditEnterprise(key("a", "92"), EnterpriseId::new("E01"));
        assert!(may(&user(Role::EnterpriseEditor), &own).is_ok());
    }

    #[test]
    fn a_consultant_sees_what_was_assigned_and_no_more() {
        let consultant = |given: Vec<Assignment>| User { assignments: given, ..user(Role::Consultant) };
        let (a, b) = (key("a", "92"), key("b", "01"));
        assert_eq!(sight(&consultant(Vec::new()), &a), Sight::Registry);
        let both = consultant(vec![assignment("a", None), assignment("b", Some("E07"))]);
        assert_eq!((sight(&both, &a), sight(&both, &b)), (Sight::Whole, Sight::Own(EnterpriseId::new("E07"))));
        let e07 = Action::EditEnterprise(b.clone(), EnterpriseId::new("E07"));
        let e08 = Action::SeeEnterprise(b.clone(), EnterpriseId::new("E08"));
        assert!(may(&both, &e07).is_ok() && may(&both, &e08).is_err());
        let scope = both.scope();
        assert!(scope.covers_subject(&b.id, &EnterpriseId::new("E07"), Subject::Costs));
        assert!(!scope.covers_enterprise(&b.id, &EnterpriseId::new("E08")));
        assert!(scope.covers_enterprise(&a.id, &EnterpriseId::new("E08")));
        assert!(!scope.covers_subject(&a.id, &EnterpriseId::new("E08"), Subject::Streams));
    }

    #[test]
    fn only_an_enterprise_shares_and_only_an_operator_assigns_for_the_park() {
        let share = Action::ShareEnterprise(key("a", "92"), EnterpriseId::new("E01"));
        let assign = Action::AssignPark(key("a", "92"));
        for role in Role::ALL {
            assert_eq!(may(&user(role), &share).is_ok(), role == Role::EnterpriseEditor, "{role:?}");
            assert_eq!(may(&user(role), &assign).is_ok(), role == Role::ParkOperator, "{role:?}");
        }
        let other = Action::ShareEnterprise(key("a", "92"), EnterpriseId::new("E02"));
        assert!(may(&user(Role::EnterpriseEditor), &other).is_err());
    }

    #[test]
    fn forms_are_written_by_their_reporter_and_received_by_the_board() {
        let a = key("a", "92");
        let (own, other) = (Some(EnterpriseId::new("E01")), Some(EnterpriseId::new("E02")));
        for role in Role::ALL {
            let is = |roles: &[Role]| roles.contains(&role);
            let can = |action: Action| may(&user(role), &action).is_ok();
            let (editor, operator, board) =
                (is(&[Role::EnterpriseEditor]), is(&[Role::ParkOperator]), is(&[Role::ProvincialBoard]));
            let whole = is(&[Role::ParkOperator, Role::Consultant]);
            assert_eq!(can(Action::WriteForm(a.clone(), None)), whole, "{role:?}");
            assert_eq!(can(Action::SubmitForm(a.clone(), None)), operator, "{role:?}");
            assert_eq!(can(Action::SeeForm(a.clone(), None)), whole || board, "{role:?}");
            assert_eq!(can(Action::WriteForm(a.clone(), own.clone())), editor, "{role:?}");
            assert_eq!(can(Action::SubmitForm(a.clone(), own.clone())), editor, "{role:?}");
            assert_eq!(can(Action::SeeForm(a.clone(), own.clone())), editor || whole || board, "{role:?}");
            assert_eq!(can(Action::SeeForm(a.clone(), other.clone())), whole || board, "{role:?}");
            assert_eq!(can(Action::ReceiveForm(a.clone())), board, "{role:?}");
            assert!(!can(Action::ReceiveForm(key("b", "01"))), "{role:?}");
            let scope = user(role).scope_of_reports(&a);
            assert_eq!(scope.covers_report(&a.id, None), whole || board, "{role:?}");
            assert!(!scope.covers_whole_enterprise(&a.id, &EnterpriseId::new("E02")), "{role:?}");
        }
    }

    #[test]
    fn nobody_invites_into_what_is_not_theirs() {
        let invites = |by: Role, role: Role, park: &str, enterprise: Option<&str>| {
            let action =
                Action::Invite { role, park: Some(ParkId::new(park)), enterprise: enterprise.map(EnterpriseId::new) };
            may(&user(by), &action).is_ok()
        };
        for (by, role, park, enterprise, expected) in [
            (Role::Administrator, Role::Ministry, "b", None, true),
            (Role::Administrator, Role::Public, "a", None, false),
            (Role::ParkOperator, Role::ParkOperator, "a", None, true),
            (Role::ParkOperator, Role::EnterpriseEditor, "a", Some("E02"), true),
            (Role::ParkOperator, Role::EnterpriseEditor, "b", Some("E02"), false),
            (Role::ParkOperator, Role::Administrator, "a", None, false),
            (Role::ParkOperator, Role::Consultant, "a", None, false),
            (Role::EnterpriseEditor, Role::EnterpriseEditor, "a", Some("E01"), true),
            (Role::EnterpriseEditor, Role::EnterpriseEditor, "a", Some("E02"), false),
            (Role::EnterpriseEditor, Role::ParkOperator, "a", Some("E01"), false),
            (Role::Consultant, Role::EnterpriseEditor, "a", Some("E01"), false),
            (Role::Ministry, Role::Ministry, "a", None, false),
        ] {
            assert_eq!(invites(by, role, park, enterprise), expected, "{by:?} {role:?} {park} {enterprise:?}");
        }
        for role in Role::ALL {
            let expected = matches!(role, Role::Administrator | Role::ParkOperator | Role::EnterpriseEditor);
            assert_eq!(may(&user(role), &Action::SeeInvitations).is_ok(), expected, "{role:?}");
        }
    }

    #[test]
    fn the_register_of_enterprises_is_the_authorities_and_of_a_park_its_operator_s() {
        let seen = |role: Role, province: &str, park: &str| {
            let provinces = [province.to_string()].into();
            may(&user(role), &Action::SeeRegistered { provinces, parks: [ParkId::new(park)].into() }).is_ok()
        };
        for role in Role::ALL {
            let nation = matches!(role, Role::Ministry | Role::Administrator);
            let board = role == Role::ProvincialBoard;
            let park = matches!(role, Role::ParkOperator | Role::Consultant);
            assert_eq!(seen(role, "92", "b"), nation || board, "{role:?}");
            assert_eq!(seen(role, "01", "a"), nation || park, "{role:?}");
            assert_eq!(seen(role, "01", "b"), nation, "{role:?}");
            let edits = |province: Option<&str>| {
                may(&user(role), &Action::EditRegister { province: province.map(str::to_string) }).is_ok()
            };
            assert_eq!(
                (edits(Some("92")), edits(Some("01")), edits(None)),
                (nation || board, nation, nation),
                "{role:?}"
            );
        }
    }

    #[test]
    fn what_is_found_from_other_parks_is_of_those_who_opened_it() {
        let (a, b) = (ParkId::new("a"), ParkId::new("b"));
        let scope = found(BTreeSet::from([(a.clone(), EnterpriseId::new("E01"))]));
        assert!(scope.covers_subject(&a, &EnterpriseId::new("E01"), Subject::Streams));
        assert!(!scope.covers_enterprise(&a, &EnterpriseId::new("E02")));
        assert!(!scope.covers_park(&b) && !scope.covers_enterprise(&b, &EnterpriseId::new("E01")));
        assert!(!found(BTreeSet::new()).covers_park(&a));
    }

    #[test]
    fn a_total_of_two_or_with_one_giant_is_not_published() {
        assert!(!may_publish(&[1.0, 1.0]));
        assert!(!may_publish(&[1.0, 1.0, 0.0]));
        assert!(!may_publish(&[100.0, 1.0, 1.0]));
        assert!(may_publish(&[3.0, 2.0, 2.0]));
    }
}
