//! The acknowledger: answers requests, one at a time and not too often, so that whoever repeats recorded requests gets little for it.

use crate::wire::control::Path;
use holdfast_registers::control::REPLY_SPACING;

/// An answer that has not left yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reply {
    /// SA index of the pair.
    pub index: u8,
    /// V of the request.
    pub echo: u64,
    /// How the answer goes: the way back of the request.
    pub path: Path,
}

/// The acknowledger of a device. Times are ticks since power-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Acknowledger {
    pending: Option<Reply>,
    ready: u64,
}

impl Acknowledger {
    /// A request came: takes on the reply, or answers `false` where there is one in hand or it is too early for another.
    pub fn request(&mut self, now: u64, reply: Reply) -> bool {
        let takes = self.pending.is_none() && now >= self.ready;
        if takes {
            *self = Acknowledger { pending: Some(reply), ready: now.saturating_add(1 << REPLY_SPACING) };
        }
        takes
    }
    /// The reply in hand.
    pub fn pending(&self) -> Option<Reply> {
        self.pending
    }
    /// The reply has left, or cannot be sent.
    pub fn done(&mut self) {
        self.pending = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sad::Endpoints;

    #[test]
    fn one_in_hand_and_one_per_sixteen_ticks() {
        let endpoints = Endpoints::V4 { local: [1; 4].into(), remote: [2; 4].into() };
        let reply = |echo| Reply { index: 3, echo, path: Path { endpoints, source_port: 9, destination_port: 9 } };
        let mut a = Acknowledger::default();
        assert!(a.request(5, reply(1)));
        assert!(!a.request(50, reply(2)), "in hand");
        assert_eq!(a.pending(), Some(reply(1)));
        a.done();
        assert!(!a.request(20, reply(3)), "too early");
        assert!(a.request(21, reply(4)));
    }
}
