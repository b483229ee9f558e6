//! The verifier: whether an answer answers what was asked.

/// The outstanding request of one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Verifier {
    outstanding: Option<u64>,
}

impl Verifier {
    /// A request left under this number, which was never used before: it alone is outstanding now.
    pub fn asked(&mut self, number: u64) {
        self.outstanding = Some(number);
    }
    /// Nothing is outstanding.
    pub fn forget(&mut self) {
        self.outstanding = None;
    }
    /// What is outstanding.
    pub fn outstanding(&self) -> Option<u64> {
        self.outstanding
    }
    /// Whether an authentic answer echoes the outstanding request, which then is answered.
    pub fn accepts(&mut self, echo: u64) -> bool {
        let right = self.outstanding == Some(echo);
        if right {
            self.forget();
        }
        right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_request_and_only_once() {
        let mut verifier = Verifier::default();
        assert!(!verifier.accepts(0));
        verifier.asked(5);
        verifier.asked(9);
        assert!(!verifier.accepts(5));
        assert!(verifier.accepts(9));
        assert!(!verifier.accepts(9));
        verifier.asked(10);
        verifier.forget();
        assert!(!verifier.accepts(10));
    }
}
