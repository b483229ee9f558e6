//! What was checked, and whether it held.

/// A list that speaks.
#[derive(Default)]
pub struct Checks {
    /// Checks that held.
    pub passed: usize,
    /// Checks that did not.
    pub failed: usize,
}

impl Checks {
    /// Notes a check.
    pub fn that(&mut self, what: &str, held: bool) {
        if held {
            self.passed += 1;
            println!("  ok      {what}");
        } else {
            self.failed += 1;
            println!("  FAILED  {what}");
        }
    }

    /// Notes that two values are equal.
    pub fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, expected: T) {
        let held = found == expected;
        self.that(what, held);
        if !held {
            println!("          found    {found:?}\n          expected {expected:?}");
        }
    }
}
