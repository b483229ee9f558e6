//! The detector: runs of failures that say that an SA and its peer have lost each other.

use holdfast_registers::Cause;

/// Failures in a row that raise desynchronisation; 0: never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Wrong ICVs (`DETECT.authentication`).
    pub authentication: u8,
    /// Replays (`DETECT.replay`).
    pub replay: u8,
}

impl Limits {
    /// From the register `DETECT`.
    pub fn from_word(word: u32) -> Self {
        Limits { authentication: word as u8, replay: (word >> 8) as u8 }
    }
}

/// The runs of one inbound SA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Detector {
    authentication: u8,
    replay: u8,
}

impl Detector {
    /// An ICV was wrong. `Some`: that was one too many.
    pub fn authentication_failed(&mut self, limits: Limits) -> Option<Cause> {
        one_more(&mut self.authentication, limits.authentication).then_some(Cause::Authentication)
    }
    /// A replay. `Some`: that was one too many.
    pub fn replayed(&mut self, limits: Limits) -> Option<Cause> {
        one_more(&mut self.replay, limits.replay).then_some(Cause::Replay)
    }
    /// A packet that was fresh: the runs are over. So are they where a quarantine begins.
    pub fn fresh(&mut self) {
        *self = Detector::default();
    }
}

fn one_more(run: &mut u8, limit: u8) -> bool {
    if limit == 0 {
        return false;
    }
    *run = run.saturating_add(1);
    *run >= limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_counted_apart_and_broken_by_a_fresh_packet() {
        let limits = Limits::from_word(0x0203);
        let mut d = Detector::default();
        assert_eq!([d.authentication_failed(limits), d.replayed(limits), d.authentication_failed(limits)], [None; 3]);
        d.fresh();
        assert_eq!([d.authentication_failed(limits), d.authentication_failed(limits)], [None; 2]);
        assert_eq!(d.authentication_failed(limits), Some(Cause::Authentication));
        assert_eq!(d.replayed(limits), None);
        assert_eq!(d.replayed(limits), Some(Cause::Replay));
    }

    #[test]
    fn zero_is_never() {
        let mut d = Detector::default();
        for _ in 0..1000 {
            assert_eq!((d.authentication_failed(Limits::default()), d.replayed(Limits::default())), (None, None));
        }
    }
}
