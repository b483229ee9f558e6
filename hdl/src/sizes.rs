use crate::policy::MOST_RULES;

/// Index of an SA within its direction, on the control plane and in profile pipelined, whatever there is: a smaller device has smaller memories, and the upper bits are zero.
pub type SaIndex = rust_hdl::prelude::Bits<10>;
/// Most SAs per direction. Profile compact has [`crate::sad::MOST_SAS`] at most.
pub const MOST_SAS: usize = 1024;
/// SAs per direction that can be recorded: those of index 0 to 31, for which the NVRAM has places.
pub const RECORDABLE_SAS: usize = 32;

/// How many of what a device has. A rule's index has seven bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sizes {
    /// SAs per direction: a power of two, 2 to 1024; in profile compact to 32.
    pub sas: usize,
    /// Rules per direction: a power of two, 2 to 128.
    pub rules: usize,
    /// Largest anti-replay window in packets: a power of two, 64 to 1024.
    pub window: usize,
    /// Longest host frame in bytes, without FCS: 1522 in profile compact, up to 9022 in pipelined, whose stores are large enough for that.
    pub frame: usize,
}

impl Sizes {
    /// Says of the first number that is not possible what it is and what would be.
    pub fn check(&self) -> Result<(), String> {
        for (name, found, least, most) in
            [("SAs", self.sas, 2, MOST_SAS), ("rules", self.rules, 2, MOST_RULES), ("packets in a window", self.window, 64, 1024)]
        {
            if !found.is_power_of_two() || !(least..=most).contains(&found) {
                return Err(format!("{found} {name}: powers of two from {least} to {most} are possible"));
            }
        }
        let longest = Self::JUMBO;
        if !(Self::ETHERNET..=longest).contains(&self.frame) {
            return Err(format!("frames of {} bytes: {} to {longest} are possible", self.frame, Self::ETHERNET));
        }
        Ok(())
    }

    /// As [`Self::check`], for profile compact.
    pub fn check_compact(&self) -> Result<(), String> {
        self.check()?;
        if self.sas > crate::sad::MOST_SAS {
            return Err(format!("{} SAs: powers of two from 2 to {} are possible in profile compact", self.sas, crate::sad::MOST_SAS));
        }
        Ok(())
    }

    /// Longest Ethernet frame with a VLAN tag, in bytes without FCS.
    pub const ETHERNET: usize = 1522;
    /// Longest frame of 9000 bytes of payload with the same around it.
    pub const JUMBO: usize = 9022;

    /// As the blocks need them that only know of SAs that can be recorded.
    pub(crate) fn recordable(self) -> Self {
        Self { sas: self.sas.min(RECORDABLE_SAS), ..self }
    }

    /// The address bits that tell SAs apart, where the index stands `shift` bits above the lowest.
    pub(crate) fn sa_bits(&self, shift: usize) -> usize {
        (self.sas - 1) << shift
    }
}

impl Default for Sizes {
    /// Those of profile compact.
    fn default() -> Self {
        Self { sas: 32, rules: 16, window: 1024, frame: Self::ETHERNET }
    }
}
