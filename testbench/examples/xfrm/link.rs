//! Host, device and kernel in a row, and what passed between device and kernel.

use crate::guest::Cable;
use crate::host::Host;
use crate::inline::Inline;
use crate::verdict::sequence_at;
use crate::Failure;
use holdfast_testbench::capture::Frame;
use std::time::{Duration, Instant};

/// Time without any success after which an exchange has failed. Nothing is lost on the way but what must be, so it
/// is not a matter of luck; but a simulated device may take long on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(600);

/// The row.
pub struct Link<'a, D> {
    pub host: Host,
    pub device: D,
    cable: &'a Cable,
    /// Frames from the device to the kernel.
    pub to_kernel: Vec<Vec<u8>>,
    /// Frames from the kernel to the device.
    pub to_device: Vec<Vec<u8>>,
    /// Frames from the device to the host.
    pub opened: Vec<Vec<u8>>,
    /// What was between device and kernel, in order, with times.
    pub wire: Vec<Frame>,
    /// The host is down: it neither sends nor answers.
    pub asleep: bool,
    /// The next frame from the kernel that is ESP with this SPI is lost on the way. One that is not, such as a question for a neighbour, comes at any time.
    pub lose: Option<u32>,
    begin: Instant,
}

impl<'a, D: Inline> Link<'a, D> {
    pub fn new(host: Host, device: D, cable: &'a Cable) -> Self {
        Self {
            host,
            device,
            cable,
            to_kernel: Vec::new(),
            to_device: Vec::new(),
            opened: Vec::new(),
            wire: Vec::new(),
            asleep: false,
            lose: None,
            begin: Instant::now(),
        }
    }

    /// Carries what is there to carry.
    pub fn carry(&mut self) -> Result<(), Failure> {
        if !self.asleep {
            for frame in self.host.poll() {
                self.device.enter_host(&frame);
            }
        }
        while let Some(frame) = self.cable.receive()? {
            if self.lose.is_some_and(|spi| sequence_at(&frame, spi).is_some()) {
                self.lose = None;
            } else {
                self.device.enter_network(&frame);
            }
            self.record(&frame);
            self.to_device.push(frame);
        }
        let left = self.device.work()?;
        for frame in left.host {
            if !self.asleep {
                self.host.receive(frame.clone());
            }
            self.opened.push(frame);
        }
        for frame in left.network {
            self.send(frame)?;
        }
        Ok(())
    }

    /// Puts a frame on the wire to the kernel.
    pub fn send(&mut self, frame: Vec<u8>) -> Result<(), Failure> {
        self.cable.send(&frame)?;
        self.record(&frame);
        self.to_kernel.push(frame);
        Ok(())
    }

    /// Carries until `done` has an answer; `what` is for the message if that does not come.
    pub fn until<T>(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> Option<T>) -> Result<T, Failure> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            self.carry()?;
            if let Some(answer) = done(self) {
                return Ok(answer);
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        Err(format!("{what}: not within {PATIENCE:?}; {} frames to the kernel, {} from it", self.to_kernel.len(), self.to_device.len())
            .into())
    }

    /// Carries until nothing has moved for a while.
    pub fn quiet(&mut self) -> Result<(), Failure> {
        let (mut rounds, mut seen) = (0, 0);
        while rounds < 100 {
            self.carry()?;
            let now = self.wire.len() + self.opened.len();
            rounds = if now == seen { rounds + 1 } else { 0 };
            seen = now;
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// How many frames that came out of an SA the host has got. What passes unchanged does so at any time, as ARP does.
    pub fn delivered(&self) -> usize {
        self.opened.iter().filter(|frame| !self.to_device.contains(frame)).count()
    }

    fn record(&mut self, frame: &[u8]) {
        self.wire.push(Frame { time: self.begin.elapsed(), bytes: frame.to_vec() });
    }
}
