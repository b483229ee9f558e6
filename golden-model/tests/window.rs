//! The anti-replay window against a set that forgets nothing, and the inference of extended numbers against their definition.

mod common;

use holdfast_model::sequence::{infer, Sequence};
use holdfast_model::window::Window;
use proptest::prelude::*;
use std::collections::HashSet;

/// Slow and obvious.
struct Reference {
    size: u64,
    installed: u64,
    highest: u64,
    seen: HashSet<u64>,
}

impl Reference {
    fn new(size: u16, installed: u64) -> Self {
        Reference { size: u64::from(size), installed, highest: installed, seen: HashSet::new() }
    }
    fn accept(&mut self, number: u64) -> bool {
        let below = u128::from(number) + u128::from(self.size) <= u128::from(self.highest);
        let refused = number == 0 || below || number <= self.installed || self.seen.contains(&number);
        if self.size > 0 && refused {
            return false;
        }
        self.seen.insert(number);
        self.highest = self.highest.max(number);
        true
    }
}

/// Numbers around a moving highest: steps of every magnitude, forwards and backwards.
fn steps() -> impl Strategy<Value = Vec<i64>> {
    let step = prop_oneof![4 => -3i64..4, 3 => -70i64..70, 3 => -1100i64..1100, 1 => -5000i64..5000, 1 => -200_000i64..200_000];
    prop::collection::vec(step, 1..400)
}

fn sizes() -> impl Strategy<Value = u16> {
    prop_oneof![Just(0u16), Just(1), Just(32), Just(63), Just(64), Just(65), Just(1023), Just(1024), 0..=1024u16]
}

fn starts() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0u64), 0..5000u64, Just(u64::from(u32::MAX)), (1u64 << 32) - 3000..(1u64 << 32) + 3000, Just(u64::MAX - 900_000_000)]
}

proptest! {
    #![proptest_config(common::cases(600))]
    #[test]
    fn the_window_is_the_reference(size in sizes(), start in starts(), steps in steps()) {
        let mut window = Window::new(size, start);
        let mut reference = Reference::new(size, start);
        for step in steps {
            let number = reference.highest.saturating_add_signed(step);
            let would = window.would_accept(number);
            let wanted = reference.accept(number);
            prop_assert_eq!(would, wanted, "would_accept of {}, highest {}", number, reference.highest);
            prop_assert_eq!(window.accept(number), wanted, "{}, highest {}", number, reference.highest);
            prop_assert_eq!(window.highest(), reference.highest);
        }
    }

    #[test]
    fn no_number_is_accepted_twice(size in 1..=1024u16, start in starts(), steps in steps()) {
        let mut window = Window::new(size, start);
        let mut accepted = HashSet::new();
        for step in steps {
            let number = window.highest().saturating_add_signed(step);
            if window.accept(number) {
                prop_assert!(accepted.insert(number), "{} twice", number);
            }
        }
    }

    #[test]
    fn inference_finds_every_number_within_reach(high in 0..0x1_0000u64, low in any::<u32>(), window in 1..=1024u16, back in 0..1024u64, ahead in 1..0xffff_fc00u64) {
        let highest = (high + 1) << 32 | u64::from(low);
        let back = back % u64::from(window);
        prop_assert_eq!(infer(highest, window, (highest - back) as u32), highest - back, "within the window");
        prop_assert_eq!(infer(highest, window, (highest + ahead) as u32), highest + ahead, "ahead of the window");
    }
}

/// RFC 4303 appendix A2.1: the window in one half, and across two.
#[test]
fn inference_at_the_edges() {
    let t = 5u64 << 32;
    // Tl >= W - 1.
    assert_eq!(infer(t | 63, 64, 0), t);
    assert_eq!(infer(t | 100, 64, 37), t | 37, "bottom of the window");
    assert_eq!(infer(t | 100, 64, 36), (6 << 32) | 36, "one below: the next block");
    assert_eq!(infer(t | 100, 64, u32::MAX), t | 0xffff_ffff);
    // Tl < W - 1.
    assert_eq!(infer(t | 62, 64, 0xffff_ffff), (4 << 32) | 0xffff_ffff, "bottom of the window, in the block before");
    assert_eq!(infer(t | 62, 64, 0xffff_fffe), t | 0xffff_fffe, "one below: this block");
    assert_eq!(infer(t | 62, 64, 0), t);
    // A window of one packet.
    assert_eq!(infer(t | 7, 1, 7), t | 7);
    assert_eq!(infer(t | 7, 1, 6), (6 << 32) | 6);
    // Th wraps both ways.
    assert_eq!(infer(10, 64, 0xffff_ffff), u64::MAX);
    assert_eq!(infer(u64::MAX, 64, 5), 5);
}

#[test]
fn ends_of_the_number_space() {
    let mut window = Window::new(64, u64::MAX - 1);
    assert!(window.accept(u64::MAX));
    assert!(!window.accept(u64::MAX));
    assert!(!window.accept(0));
    let mut first = Window::new(64, 0);
    assert!(!first.accept(0));
    assert!(first.accept(1));
    let mut none = Window::new(0, 0);
    assert!(none.accept(0) && none.accept(7) && none.accept(7) && none.accept(3));
    assert_eq!(none.highest(), 7);
}

#[test]
fn a_sequence_ends_below_its_limit() {
    let mut sequence = Sequence::new(5, 7);
    assert_eq!([sequence.take(), sequence.take(), sequence.take(), sequence.take()], [Some(5), Some(6), None, None]);
    assert_eq!((sequence.next(), sequence.limit()), (7, 7));
    assert_eq!(Sequence::new(u64::MAX - 1, u64::MAX).take(), Some(u64::MAX - 1));
    assert_eq!(Sequence::new(u64::MAX, u64::MAX).take(), None);
}
