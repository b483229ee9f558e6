//! Numbered codes: why a frame was dropped, what an event says, why a commit was refused.

macro_rules! codes {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $value:literal, $text:literal;)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant = $value,)* }
        impl $name {
            /// Every code, in numeric order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];
            /// The code's number on the bus.
            pub const fn code(self) -> u8 { self as u8 }
            /// The code of a number, where there is one.
            pub const fn from_code(code: u8) -> Option<Self> { match code { $($value => Some($name::$variant),)* _ => None } }
            /// Stable lower-case name, used in reports and docs.
            pub const fn name(self) -> &'static str { match self { $($name::$variant => $text,)* } }
        }
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result { f.write_str(self.name()) }
        }
    };
}

codes! {
    /// Why a frame was dropped. Every frame that enters is delivered, held, or counted under exactly one of these.
    Reason {
        /// The engine is not enabled (`CONTROL.enable` = 0).
        Disabled = 1, "disabled";
        /// Fewer than 14 bytes, or fewer than 18 with a VLAN tag.
        Runt = 2, "runt";
        /// Longer than the port's limit.
        TooLong = 3, "too_long";
        /// `tkeep` with a hole, or partial before the last beat.
        Stream = 4, "stream";
        /// IP version, header length or total length that contradict each other or the frame; a transport header too short for its selector.
        Malformed = 5, "malformed";
        /// IPv6 extension headers: more than eight, truncated, or hop-by-hop not in first place.
        ExtensionHeader = 6, "extension_header";
        /// A rule says discard.
        PolicyDiscard = 7, "policy_discard";
        /// No rule matches.
        NoPolicy = 8, "no_policy";
        /// The matching rule names an SA that is not installed.
        NoSa = 9, "no_sa";
        /// A fragment meets a transport-mode SA (RFC 4301 section 7).
        Fragment = 10, "fragment";
        /// The SA's next sequence number has reached its limit register.
        SequenceLimit = 11, "sequence_limit";
        /// The sealed packet would exceed the SA's path MTU.
        TooBig = 12, "too_big";
        /// No inbound SA for this SPI, destination and encapsulation.
        UnknownSpi = 13, "unknown_spi";
        /// ESP shorter than its minimum of 36 bytes, or not a multiple of four.
        EspLength = 14, "esp_length";
        /// The ICV is wrong.
        Icv = 15, "icv";
        /// Sequence number zero, below the window, or seen before.
        Replay = 16, "replay";
        /// Pad length beyond the payload, or padding that is not 1, 2, 3, … (RFC 4303 section 2.4).
        Padding = 17, "padding";
        /// Next header that the SA's mode does not carry (tunnel: neither 4 nor 41).
        NextHeader = 18, "next_header";
        /// The decapsulated packet is malformed.
        Inner = 19, "inner";
        /// The decapsulated packet's selectors are not those of the SA's rule (RFC 4301 section 5.2).
        Selector = 20, "selector";
        /// Outer CE on an inner packet that is not ECN-capable (RFC 6040 section 4.2).
        Ecn = 21, "ecn";
        /// Dummy packet, next header 59 (RFC 4303 section 2.6).
        Dummy = 22, "dummy";
        /// Clear text where a rule demands protection.
        Unprotected = 23, "unprotected";
        /// NAT-traversal keep-alive (RFC 3948 section 2.3).
        KeepAlive = 24, "keep_alive";
        /// The inbound SA waits for resynchronisation: authenticated, not delivered.
        Quarantine = 25, "quarantine";
        /// A control message, taken by the device.
        Control = 26, "control";
        /// A control message that says nothing to this device: unknown version or type, wrong length, a number or echo that does not fit.
        ControlIgnored = 27, "control_ignored";
        /// A control message beyond the rate at which they are taken.
        ControlLimited = 28, "control_limited";
        /// The host is without power (pin `host_up`), and the frame was for it.
        HostDown = 29, "host_down";
    }
}

codes! {
    /// What an event reports.
    EventCode {
        /// Inbound ESP for which there is no SA; `detail` = SPI.
        UnknownSpi = 1, "unknown_spi";
        /// Wrong ICV; `detail` = SPI.
        AuthenticationFailure = 2, "authentication_failure";
        /// Replay; `detail` = low 32 bits of the sequence number.
        Replay = 3, "replay";
        /// A packet was dropped because the sequence number has reached the limit; `detail` = SPI.
        SequenceLimit = 4, "sequence_limit";
        /// A packet was dropped because it exceeds the path MTU; `detail` = largest IP packet that would fit before encapsulation.
        TooBig = 5, "too_big";
        /// An ESP fragment was handed to the host; `detail` = 0.
        FragmentToHost = 6, "fragment_to_host";
        /// An inbound SA went into quarantine; `detail` = cause, see [`Cause`].
        ResyncStarted = 7, "resync_started";
        /// An inbound SA left quarantine; `detail` = low 32 bits of its new window edge.
        ResyncFinished = 8, "resync_finished";
        /// The configured number of requests went unanswered; they go on. `detail` = that number.
        ResyncFailed = 9, "resync_failed";
        /// No usable record of an SA that once was recorded; `detail` = place (SA index + 32 if inbound).
        RecordRefused = 10, "record_refused";
        /// The NVRAM does not answer; `detail` = 0.
        NvramFault = 11, "nvram_fault";
    }
}

codes! {
    /// Why a commit was refused. Nothing of a refused record takes effect.
    Refusal {
        /// Index beyond the table.
        Index = 1, "index";
        /// Operation code unknown.
        Operation = 2, "operation";
        /// SPI 0 to 255 (reserved, RFC 4303 section 2.1).
        Spi = 3, "spi";
        /// Reserved bits of the flags word set.
        Flags = 4, "flags";
        /// Window above the largest supported, or zero with ESN.
        Window = 5, "window";
        /// Sequence number zero, above the limit, or beyond 32 bits without ESN.
        Sequence = 6, "sequence";
        /// Another inbound SA has this SPI, destination and encapsulation.
        Duplicate = 7, "duplicate";
        /// Rule: prefix longer than the address, port range upside down, unknown action, SA index beyond the table.
        Rule = 8, "rule";
        /// A recorded SA, and its records could not be written: no device key, NVRAM not formatted or at fault.
        Nvram = 9, "nvram";
        /// Resync parameters: reserved bits set, port zero, an exponent out of range; or a recorded SA of a pair that has none.
        Pair = 10, "pair";
    }
}

codes! {
    /// Why an inbound SA went into quarantine.
    Cause {
        /// Restored from a record that is not orderly: power was lost.
        Restore = 1, "restore";
        /// The driver asked for it.
        Command = 2, "command";
        /// A run of authentication failures.
        Authentication = 3, "authentication";
        /// A run of replays.
        Replay = 4, "replay";
    }
}
