//! The golden device, and what a stream port adds to it.

use crate::station::Beat;
use holdfast_model::{Counter, Device, DeviceKey, Direction, Nvram, Sizes, Verdict};
use holdfast_registers::{counter, Reason};

/// The golden model with the one check that it cannot make: it receives byte strings and never sees `tkeep`.
pub struct Golden {
    /// The model.
    pub device: Device,
    /// Frames and bytes that ended as `stream`, outbound and inbound.
    broken: [(u64, u64); 2],
    /// Frames and bytes that were for the host while it was down.
    undelivered: (u64, u64),
}

impl Golden {
    /// As after reset.
    pub fn new(sizes: Sizes) -> Self {
        Self { device: Device::new(sizes), broken: [(0, 0); 2], undelivered: (0, 0) }
    }

    /// As at power-up, with what is recorded in an NVRAM under a device key.
    pub fn power_up(sizes: Sizes, nvram: impl Nvram + Send + 'static, key: Option<&DeviceKey>, seed: u64) -> Self {
        Self { device: Device::power_up(sizes, Box::new(nvram), key, seed), broken: [(0, 0); 2], undelivered: (0, 0) }
    }

    /// As [`Golden::power_up`], with an external monotonic counter.
    pub fn power_up_with_counter(
        sizes: Sizes,
        nvram: impl Nvram + Send + 'static,
        counter: impl Counter + Send + 'static,
        key: Option<&DeviceKey>,
        seed: u64,
    ) -> Self {
        let device = Device::power_up_with_counter(sizes, Box::new(nvram), Box::new(counter), key, seed);
        Self { device, broken: [(0, 0); 2], undelivered: (0, 0) }
    }

    /// A frame at the port of a direction.
    pub fn frame(&mut self, direction: Direction, frame: &[u8]) -> Verdict {
        match direction {
            Direction::Outbound => self.device.outbound(frame),
            Direction::Inbound => self.device.inbound(frame),
        }
    }

    /// A frame as beats, also with a `tkeep` that has a hole.
    pub fn beats(&mut self, direction: Direction, beats: &[Beat]) -> Verdict {
        let bytes: Option<Vec<Vec<u8>>> = beats.iter().map(Beat::bytes).collect();
        if let Some(bytes) = bytes {
            return self.frame(direction, &bytes.concat());
        }
        let broken = &mut self.broken[direction as usize];
        broken.0 += 1;
        // A beat counts up to its last valid byte; the device's length register is stuck at its top.
        broken.1 += beats.iter().map(|beat| u64::from(16 - beat.keep.leading_zeros())).sum::<u64>().min(0xffff);
        Verdict::Dropped(Reason::Stream)
    }

    /// What would be delivered is for a host that is not there (pin `host_up`, which the model does not have).
    pub fn nobody_there(&mut self, verdict: &Verdict) {
        if let Some(frame) = verdict.frame() {
            self.undelivered.0 += 1;
            self.undelivered.1 += frame.len() as u64;
        }
    }

    /// A counter of the direction, as the register map numbers it.
    pub fn counter(&self, direction: Direction, entry: usize) -> u64 {
        self.counter_in(direction, 0, entry)
    }

    /// A counter, as the register map numbers it where `COUNTER_GROUP` is `group`.
    pub fn counter_in(&self, direction: Direction, group: usize, entry: usize) -> u64 {
        let (frames, bytes) = self.broken[direction as usize];
        let extra = match entry {
            counter::FRAMES_IN => frames,
            counter::BYTES_IN => bytes,
            _ if entry == counter::DROPPED + usize::from(Reason::Stream.code()) => frames,
            _ => 0,
        };
        let count = self.device.counters(direction).in_group(group, entry) + extra;
        match entry {
            _ if direction == Direction::Outbound => count,
            counter::FRAMES_OUT => count - self.undelivered.0,
            counter::BYTES_OUT => count - self.undelivered.1,
            _ if entry == counter::DROPPED + usize::from(Reason::HostDown.code()) => count + self.undelivered.0,
            _ => count,
        }
    }
}
