//! Frames on their way: in from AXI4-Stream, kept whole in a [`FrameStore`], out to AXI4-Stream.
//!
//! Inside the engine a frame is a row of 32-bit words, first byte most significant, shifted by two bytes: word 0 holds 0, 0 and the first
//! two bytes of the frame. Ethernet's 14-byte header (18 with a VLAN tag) thereby ends on a word boundary, and so does every header that
//! may follow it (all are multiples of four): no block behind the ingress ever shifts bytes.
//!
//! ```text
//! word      0          1             2             3             4 …
//! byte   . . d0 d1 | d2 d3 d4 d5 | s0 s1 s2 s3 | s4 s5 type | packet …
//! ```
mod egress;
mod ingress;
mod queue;
mod reader;
mod store;

pub use egress::Egress;
pub use ingress::Ingress;
pub use queue::Queue;
pub use reader::Reader;
pub use store::{Frame, FrameStore, LONGEST};
