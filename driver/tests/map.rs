//! The typed registers against the register map, and the memory-mapped bus against a page of memory.

use holdfast_driver::register::*;
use holdfast_driver::{AddressError, Bus, Mmio, RegisterBlock};
use holdfast_registers::map;
use std::ptr::NonNull;

/// Sets one field to all ones and compares with the map's field of that name; the test fails for a field that the map has and the type does not.
macro_rules! compare {
    ($register:literal, $type:ident { $($field:ident = $set:ident($ones:expr)),* $(,)? }) => {{
        let register = map::REGISTERS.iter().find(|r| r.name == $register).unwrap();
        let fields: &[(&str, u32)] = &[$({
            let mut value = $type(0);
            value.$set($ones);
            assert_eq!(value.$field(), $ones);
            (stringify!($field), value.0)
        }),*];
        let expected: Vec<_> = register.fields.iter().map(|f| (f.name, u32::MAX >> (31 - (f.msb - f.lsb)) << f.lsb)).collect();
        assert_eq!(fields, expected, "{}", $register);
    }};
}

#[test]
fn fields_are_those_of_the_map() {
    compare!("VERSION", Version { major = set_major(0xffff), minor = set_minor(0xff), patch = set_patch(0xff) });
    compare!("CAP_SAS", Tables { outbound = set_outbound(0xffff), inbound = set_inbound(0xffff) });
    compare!("CAP_RULES", Tables { outbound = set_outbound(0xffff), inbound = set_inbound(0xffff) });
    compare!("CAP_LIMITS", Limits { window = set_window(0xffff), frame = set_frame(0xffff) });
    compare!("CAP_FEATURES", Features {
        aes128_gcm16 = set_aes128_gcm16(true),
        aes256_gcm16 = set_aes256_gcm16(true),
        esn = set_esn(true),
        udp = set_udp(true),
        tunnel = set_tunnel(true),
        transport = set_transport(true),
        ipv4 = set_ipv4(true),
        ipv6 = set_ipv6(true),
        resync = set_resync(true),
    });
    compare!("CONTROL", Control { enable = set_enable(true), zeroize = set_zeroize(true) });
    compare!("STATUS", Status { busy = set_busy(true), event = set_event(true), overflow = set_overflow(true) });
    compare!("IRQ_ENABLE", Interrupts { event = set_event(true), overflow = set_overflow(true) });
    compare!("POLICY", Policy { bypass_arp = set_bypass_arp(true), bypass_nd = set_bypass_nd(true), bypass_non_ip = set_bypass_non_ip(true) });
    compare!("COMMIT", Commit { index = set_index(0x3ff), inbound = set_inbound(true), operation = set_operation(7) });
    compare!("DETECT", Detect { authentication = set_authentication(0xff), replay = set_replay(0xff) });
    compare!("RESYNC_COMMAND", ResyncCommand { index = set_index(31), operation = set_operation(7) });
    compare!("RESYNC_STATUS", ResyncStatus {
        busy = set_busy(true),
        fault = set_fault(true),
        suspended = set_suspended(true),
        unformatted = set_unformatted(true),
        no_key = set_no_key(true),
    });
    compare!("EVENT_POP", EventPop { pop = set_pop(true), clear_overflow = set_clear_overflow(true) });
}

#[test]
fn event_head() {
    let mut head = EventHead::default();
    head.set_code(0x12);
    head.set_sa(0x234);
    assert_eq!(head.0, 0x2_3412);
    head.set_inbound(true);
    head.set_sa_valid(true);
    head.set_ipv6(true);
    assert_eq!(head.0 & !0x3_ffff, map::event::INBOUND | map::event::SA_VALID | map::event::IPV6);
}

#[test]
fn mmio_reaches_its_page_and_nothing_else() {
    let mut page = vec![0u32; 1024];
    page[0] = map::ID_VALUE;
    let base = NonNull::new(page.as_mut_ptr().cast::<RegisterBlock>()).unwrap();
    // SAFETY: a page of plain memory that outlives the bus; it is looked at again only after the bus is gone.
    let mut bus = unsafe { Mmio::new(base) };
    assert_eq!(bus.read(map::ID), Ok(map::ID_VALUE));
    bus.write(map::CONTROL, 3).unwrap();
    bus.write(map::STAGE + 4 * 23, 0x1234_5678).unwrap();
    for address in [1, 2, map::CONTROL + 3, 0xc00, 0x1000, u32::MAX] {
        assert_eq!(bus.read(address), Err(AddressError { found: address }));
        assert_eq!(bus.write(address, 0), Err(AddressError { found: address }));
    }
    assert_eq!(AddressError { found: 0x1000 }.to_string(), "register address 0x1000: accepted are multiples of four below 0xc00");
    let written: Vec<_> = page.iter().enumerate().filter(|(_, &word)| word != 0).map(|(n, &word)| (4 * n as u32, word)).collect();
    assert_eq!(written, [(map::ID, map::ID_VALUE), (map::CONTROL, 3), (map::STAGE + 92, 0x1234_5678)]);
}
