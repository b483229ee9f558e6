//! The NVRAM as the recorder sees it: 16,384 words of 32 bits, each durable when its write is acknowledged.

use crate::fram::Fram;
use holdfast_registers::record::NVRAM_WORDS;
use std::sync::{Arc, Mutex, PoisonError};

/// The NVRAM did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault;

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the NVRAM does not answer")
    }
}
impl std::error::Error for Fault {}

/// Words that survive. Addresses are those of words, 0 to 16,383.
pub trait Nvram {
    /// Reads a word.
    ///
    /// # Errors
    /// [`Fault`].
    fn read(&mut self, address: u16) -> Result<u32, Fault>;

    /// Writes a word.
    ///
    /// # Errors
    /// [`Fault`]; the word is then old, new, or anything between.
    fn write(&mut self, address: u16, word: u32) -> Result<(), Fault>;
}

/// The part behind its controller. Without power, or stuck, it is at fault.
impl Nvram for Fram {
    fn read(&mut self, address: u16) -> Result<u32, Fault> {
        self.answers().then(|| self.word(address)).ok_or(Fault)
    }
    fn write(&mut self, address: u16, word: u32) -> Result<(), Fault> {
        self.answers().then(|| self.set_word(address, word)).ok_or(Fault)
    }
}

/// An NVRAM that somebody else looks at, or cuts off, meanwhile.
impl<N: Nvram> Nvram for Arc<Mutex<N>> {
    fn read(&mut self, address: u16) -> Result<u32, Fault> {
        self.lock().unwrap_or_else(PoisonError::into_inner).read(address)
    }
    fn write(&mut self, address: u16, word: u32) -> Result<(), Fault> {
        self.lock().unwrap_or_else(PoisonError::into_inner).write(address, word)
    }
}

impl<N: Nvram + ?Sized> Nvram for Box<N> {
    fn read(&mut self, address: u16) -> Result<u32, Fault> {
        (**self).read(address)
    }
    fn write(&mut self, address: u16, word: u32) -> Result<(), Fault> {
        (**self).write(address, word)
    }
}

/// There is no NVRAM.
#[derive(Clone, Copy, Debug, Default)]
pub struct Absent;

impl Nvram for Absent {
    fn read(&mut self, _: u16) -> Result<u32, Fault> {
        Err(Fault)
    }
    fn write(&mut self, _: u16, _: u32) -> Result<(), Fault> {
        Err(Fault)
    }
}

/// An NVRAM whose power fails after a number of words written: the next word is torn, and what comes later is at fault.
#[derive(Clone, Debug)]
pub struct Fuse<N> {
    /// The NVRAM behind it.
    pub nvram: N,
    /// Words that can still be written; `None`: no end.
    pub left: Option<u64>,
    /// Bits of the first word that finds no power which become new all the same.
    pub tear: u32,
    /// Words written so far.
    pub written: u64,
}

impl<N: Nvram> Fuse<N> {
    /// With no end in sight.
    pub fn new(nvram: N) -> Self {
        Fuse { nvram, left: None, tear: 0, written: 0 }
    }
    /// Cuts the power after `words` more words; `tear` as in [`Fuse::tear`].
    pub fn cut_after(&mut self, words: u64, tear: u32) {
        (self.left, self.tear) = (Some(words), tear);
    }
    /// The power is back.
    pub fn mend(&mut self) {
        (self.left, self.tear) = (None, 0);
    }
}

impl<N: Nvram> Nvram for Fuse<N> {
    fn read(&mut self, address: u16) -> Result<u32, Fault> {
        self.nvram.read(address)
    }
    fn write(&mut self, address: u16, word: u32) -> Result<(), Fault> {
        match &mut self.left {
            Some(0) => {
                let torn = self.nvram.read(address)? & !self.tear | word & self.tear;
                self.tear = 0;
                self.nvram.write(address, torn)?;
                return Err(Fault);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        self.written += 1;
        self.nvram.write(address, word)
    }
}

/// Reads `N` words from an address on.
pub(crate) fn read_words<const N: usize>(nvram: &mut impl Nvram, address: u16) -> Result<[u32; N], Fault> {
    debug_assert!(u32::from(address) + N as u32 <= NVRAM_WORDS);
    let mut words = [0; N];
    for (word, at) in words.iter_mut().zip(address..) {
        *word = nvram.read(at)?;
    }
    Ok(words)
}
