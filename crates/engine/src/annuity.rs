//! What money over years is worth today. Rates are fractions of one; `None` means "there is no such figure".

/// Worth today of one đồng at the end of each of n years: (1 − (1 + r)⁻ⁿ) ÷ r; n at r = 0.
pub fn present_value_factor(discount_rate: f64, life_years: u32) -> Option<f64> {
    if !is_rate(discount_rate) {
        return None;
    }
    if discount_rate == 0.0 {
        return Some(f64::from(life_years));
    }
    // exp and ln keep the digits that 1 − (1 + r)⁻ⁿ would lose at rates near zero.
    let factor = -(-f64::from(life_years) * discount_rate.ln_1p()).exp_m1() / discount_rate;
    (factor.is_finite() && factor > 0.0).then_some(factor)
}

/// Above −1.
pub fn is_rate(discount_rate: f64) -> bool {
    discount_rate.is_finite() && discount_rate > -1.0
}
