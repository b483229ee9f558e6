//! From values to pixels, and where the ticks are.

/// A linear scale.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    from: (f64, f64),
    to: (f64, f64),
}

impl Scale {
    /// Maps the range `from` to the pixels `to`, which may run backwards.
    pub fn new(from: (f64, f64), to: (f64, f64)) -> Self {
        let from = if from.1 > from.0 { from } else { (from.0, from.0 + 1.0) };
        Scale { from, to }
    }

    /// The pixel of a value.
    pub fn at(&self, value: f64) -> f64 {
        self.to.0 + (value - self.from.0) / (self.from.1 - self.from.0) * (self.to.1 - self.to.0)
    }

    /// The pixel of a value, at the border where it is outside.
    pub fn clamped(&self, value: f64) -> f64 {
        self.at(value.clamp(self.from.0, self.from.1))
    }

    /// About `count` values at round distances.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        let step = round_step((self.from.1 - self.from.0) / count.max(1) as f64);
        let first = (self.from.0 / step).ceil() as i64;
        let last = (self.from.1 / step).floor() as i64;
        (first..=last).map(|n| n as f64 * step).collect()
    }
}

/// 1, 2 or 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.max(1e-9).log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step).unwrap_or(10.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_ticks() {
        let scale = Scale::new((0.0, 1000.0), (100.0, 0.0));
        assert_eq!((scale.at(0.0), scale.at(500.0), scale.clamped(2000.0)), (100.0, 50.0, 0.0));
        assert_eq!(scale.ticks(5), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(Scale::new((3.0, 9.5), (0.0, 1.0)).ticks(7), [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        assert_eq!(Scale::new((5.0, 5.0), (0.0, 1.0)).at(5.0), 0.0, "an empty range is no division by zero");
    }
}
