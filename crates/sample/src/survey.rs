//! Answers of the tenants, facts of the park, and the outcome that they lead to for each criterion.

use std::collections::BTreeMap;

use crate::enterprises::Enterprise;
use crate::random::Random;

pub struct Survey {
    pub rows: Vec<Vec<String>>,
    /// Question → tenants whose missing answer keeps a criterion unknown.
    pub unanswered: BTreeMap<String, Vec<String>>,
}

/// How a question is answered by the tenants with more than `above` workers.
struct Plan {
    question: &'static str,
    above: u32,
    /// Shares that say yes and that do not answer; the others say no.
    yes: f64,
    silent: f64,
    /// Share of the yes-sayers whose answer is from 2022 and thus too old for 2024.
    too_old: f64,
    keeps_unknown: bool,
}

const fn plan(question: &'static str, above: u32, yes: f64, silent: f64) -> Plan {
    Plan { question, above, yes, silent, too_old: 0.0, keeps_unknown: false }
}

const PLANS: &[Plan] = &[
    plan("aware-recp", 0, 0.78, 0.08),
    // 20 % is asked: met whatever the silent ones would say.
    plan("applies-recp", 0, 0.34, 0.22),
    plan("plans-symbiosis", 0, 0.30, 0.20),
    plan("law-compliant-3y", 0, 0.80, 0.15),
    plan("iso-management", 0, 0.55, 0.20),
    plan("energy-management", 0, 0.45, 0.15),
    plan("signed-charter", 0, 0.95, 0.05),
    plan("satisfied-services", 0, 0.70, 0.10),
    plan("hazardous-handled", 0, 0.92, 0.08),
    plan("pollution-strategy", 0, 0.25, 0.20),
    plan("risk-framework", 0, 0.40, 0.20),
    plan("ohs-system", 0, 0.75, 0.10),
    // 75 % of the larger ones is asked: met.
    plan("complaint-rules", 100, 0.86, 0.05),
    // Old answers do not count, and the new ones are too few to tell.
    Plan { too_old: 0.8, keeps_unknown: true, ..plan("harassment-rules", 0, 0.88, 0.04) },
    // 75 % is asked: not met even if all the silent ones said yes.
    plan("publishes-information", 0, 0.42, 0.12),
    // 75 % is asked: the silent ones decide.
    Plan { keeps_unknown: true, ..plan("gender-equality", 100, 0.60, 0.27) },
    plan("skills-training", 0, 0.65, 0.15),
    plan("local-procurement-80", 0, 0.30, 0.25),
    plan("water-without-harm", 0, 0.85, 0.15),
];

/// Partners of exchanges: all say yes to ISO systems but one, who says nothing.
const PARTNERS: [&str; 6] = ["E07", "E10", "E11", "E14", "E15", "E29"];
const SILENT_PARTNER: &str = "E11";

pub fn survey(seed: u64, enterprises: &[Enterprise]) -> Survey {
    let mut random = Random::new(seed, "survey");
    let mut survey = Survey { rows: Vec::new(), unanswered: BTreeMap::new() };
    let tenants: Vec<&Enterprise> = enterprises.iter().filter(|enterprise| enterprise.role == "tenant").collect();
    for plan in PLANS {
        let (asked, others): (Vec<&Enterprise>, Vec<&Enterprise>) =
            tenants.iter().partition(|tenant| plan.above == 0 || tenant.employees > plan.above);
        let (yes, silent) = counts(plan, asked.len());
        let mut owing = Vec::new();
        for (place, tenant) in random.shuffled(asked).into_iter().enumerate() {
            let too_old = (place as f64) < plan.too_old * yes as f64;
            let answer = match place {
                _ if plan.question == "iso-management" && tenant.id == SILENT_PARTNER => None,
                _ if plan.question == "iso-management" && PARTNERS.contains(&tenant.id.as_str()) => Some(true),
                _ if place < yes => Some(true),
                _ if place < yes + silent => None,
                _ => Some(false),
            };
            if answer.is_none() || too_old {
                owing.push(tenant.id.clone());
            }
            survey.rows.extend(answer.map(|answer| row(tenant, plan.question, answer, too_old, &mut random)));
        }
        if plan.question == "iso-management" {
            survey.unanswered.insert(plan.question.to_string(), vec![SILENT_PARTNER.to_string()]);
        } else if plan.keeps_unknown {
            owing.sort();
            survey.unanswered.insert(plan.question.to_string(), owing);
        }
        for tenant in others {
            let answer = random.between(0.0, 1.0) < 0.5;
            survey.rows.push(row(tenant, plan.question, answer, false, &mut random));
        }
    }
    survey.rows.sort();
    survey
}

fn counts(plan: &Plan, asked: usize) -> (usize, usize) {
    let share = |share: f64| (share * asked as f64).round() as usize;
    (share(plan.yes), share(plan.silent))
}

fn row(tenant: &Enterprise, question: &str, yes: bool, too_old: bool, random: &mut Random) -> Vec<String> {
    let (month, day) = (6 + random.index(6), 1 + random.index(28));
    let year = if too_old { 2022 } else { 2024 };
    let evidence = if yes { format!("Phiếu khảo sát {}-{year}", tenant.id) } else { String::new() };
    let answer = if yes { "yes" } else { "no" };
    vec![tenant.id.clone(), question.to_string(), answer.to_string(), format!("{year}-{month:02}-{day:02}"), evidence]
}

/// Fact, value (empty: not applicable), day, evidence, why not applicable.
#[rustfmt::skip]
const FACTS: &[[&str; 5]] = &[
    ["basic-services", "1", "2024-12-10", "Hợp đồng dịch vụ hạ tầng; giấy phép môi trường", ""],
    ["climate-plan", "1", "2021-05-10", "Kế hoạch ứng phó 2021 (đã cũ)", ""],
    ["community-budget", "1", "2024-12-10", "Quyết định dự toán 2024", ""],
    ["community-report", "1", "2024-12-10", "Báo cáo công bố trên trang thông tin", ""],
    ["community-reports-per-year", "1", "2024-12-10", "Báo cáo công bố 2024", ""],
    ["community-satisfied-share", "74", "2024-11-20", "Khảo sát cộng đồng 2024", ""],
    ["compliance-system", "1", "2024-12-10", "Quy trình theo dõi tuân thủ", ""],
    ["consolidated-reports-per-year", "1", "2024-12-10", "Báo cáo tổng hợp 2024", ""],
    ["cooperation-plan", "0", "2024-12-10", "", ""],
    ["critical-risk-framework", "1", "2024-12-10", "Khung giám sát rủi ro", ""],
    ["efficiency-programmes", "1", "2024-12-10", "Chương trình RECP 2023-2025", ""],
    ["eip-promoted", "1", "2024-12-10", "Hội thảo 06/2024", ""],
    ["employees-satisfied-share", "79", "2024-11-20", "Khảo sát người lao động 2024", ""],
    ["ghg-programme", "1", "2024-12-10", "Chương trình giám sát khí nhà kính", ""],
    ["green-and-technical-land-share", "22.4", "2024-12-10", "Bảng cân bằng sử dụng đất", ""],
    ["grievances-in-90-days-share", "100", "2024-12-10", "Sổ tiếp nhận khiếu nại", ""],
    ["input-output-monitoring", "1", "2024-12-10", "Quy chế phối hợp giám sát đầu vào, đầu ra", ""],
    ["investor-compliant-years", "4", "2024-12-10", "Kết luận kiểm tra 2021-2024", ""],
    ["job-plan", "1", "2024-12-10", "Kế hoạch lao động 2024-2028", ""],
    ["local-labour-strategy", "1", "2024-12-10", "Chiến lược tuyển dụng", ""],
    ["local-suppliers", "1", "2024-12-10", "Danh mục nhà cung cấp", ""],
    ["management-entity", "1", "2024-12-10", "Quyết định thành lập", ""],
    ["master-plan", "1", "2024-12-10", "Quyết định phê duyệt quy hoạch", ""],
    ["new-park-registration", "", "2024-12-10", "", "Khu đang hoạt động, không phải khu mới"],
    ["occupancy-share", "71", "2024-12-10", "Danh sách hợp đồng thuê đất", ""],
    ["property-and-services", "1", "2024-12-10", "Hợp đồng thuê và duy tu", ""],
    ["recp-reports-per-year", "0", "2024-12-10", "", ""],
    ["sme-enabled", "1", "2024-12-10", "Khu nhà xưởng cho doanh nghiệp nhỏ", ""],
    ["social-infrastructure", "1", "2024-12-10", "Trạm y tế, bến xe buýt", ""],
    ["social-staff", "1", "2024-12-10", "Quyết định phân công", ""],
    ["symbiosis-unit", "1", "2024-12-10", "Quyết định giao nhiệm vụ", ""],
    ["water-reuse-plan", "1", "2024-12-10", "Kế hoạch tái sử dụng nước", ""],
    ["worker-housing", "0", "2022-06-30", "", ""],
    ["worker-housing", "1", "2024-11-20", "Nghiệm thu khu nhà ở công nhân", ""],
];

pub fn fact_rows() -> Vec<Vec<String>> {
    FACTS
        .iter()
        .map(|[fact, value, day, evidence, why]| {
            [fact, value, day, evidence, why].map(|cell| cell.to_string()).to_vec()
        })
        .collect()
}

/// What these answers, facts and exchanges lead to in 2024: 7 of 11 met by Decree 35 with two unknown, and 16 of 22
/// applicable met by the indicators of Circular 05 with four unknown.
pub fn assessment() -> BTreeMap<&'static str, BTreeMap<&'static str, &'static str>> {
    let decree = [
        ("VN35-37-1A", "met"),
        ("VN35-37-1B", "met"),
        ("VN35-37-1C", "met"),
        ("VN35-37-1C2", "not_met"),
        ("VN35-37-1D", "met"),
        ("VN35-37-2A", "unknown"),
        ("VN35-37-2B", "met"),
        ("VN35-37-2B2", "unknown"),
        ("VN35-37-2C", "met"),
        ("VN35-37-3", "not_met"),
        ("VN35-37-4", "met"),
    ];
    let circular = [
        ("VNC05-ENV.1", "met"),
        ("VNC05-ENV.2", "met"),
        ("VNC05-ENV.3", "met"),
        ("VNC05-ENV.4", "met"),
        ("VNC05-ENV.5", "met"),
        ("VNC05-ENV.6", "met"),
        ("VNC05-PM.1", "met"),
        ("VNC05-PM.2", "unknown"),
        ("VNC05-PM.3", "met"),
        ("VNC05-PM.4", "not_applicable"),
        ("VNC05-SOC.1", "met"),
        ("VNC05-SOC.2", "not_met"),
        ("VNC05-SOC.3", "met"),
        ("VNC05-SOC.4", "unknown"),
        ("VNC05-SOC.5", "met"),
        ("VNC05-SOC.6", "unknown"),
        ("VNC05-SOC.7", "met"),
        ("VNC05-ECO.1", "not_met"),
        ("VNC05-ECO.2", "met"),
        ("VNC05-ECO.3", "met"),
        ("VNC05-ECO.4", "met"),
        ("VNC05-ECO.5", "met"),
        ("VNC05-ECO.6", "unknown"),
    ];
    BTreeMap::from([("vn-decree-35-2022", decree.into()), ("vn-circular-05-2025", circular.into())])
}
