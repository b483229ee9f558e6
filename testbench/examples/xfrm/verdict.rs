//! What both ends must say after the traffic, and what they say of frames that must not pass.

use crate::case::Case;
use crate::checks::Checks;
use crate::guest::Console;
use crate::inline::Inline;
use crate::kernel::{self, Dropped, State};
use crate::link::Link;
use crate::Failure;
use holdfast_registers::wire::protocol;
use holdfast_testbench::demo::on_the_wire;

/// Frames that are sent a second time, of each direction.
const AGAIN: usize = 16;

/// After traffic that nobody disturbed: nothing was dropped, and what one end sealed the other has accepted. Answers what the kernel wrote.
pub fn clean(
    link: &mut Link<impl Inline>,
    console: &mut Console,
    case: &Case,
    before: &Dropped,
    checks: &mut Checks,
) -> Result<String, Failure> {
    link.quiet()?;
    let told = link.device.told()?;
    checks.equal("the device has dropped nothing", told.dropped, Default::default());
    checks.equal("the device has nothing to report", told.events.len(), 0);

    let after = kernel::dropped(console, link)?;
    checks.equal("the kernel has dropped nothing (/proc/net/xfrm_stat)", kernel::moved(before, &after), Dropped::new());
    let (states, text) = kernel::states(console, link)?;
    for (what, spi, frames) in
        [("to the kernel", case.spi_to_kernel(), &link.to_kernel), ("to the device", case.spi_to_device(), &link.to_device)]
    {
        let state = states.get(&spi).cloned().unwrap_or_default();
        checks.that(&format!("SA {what}: no replay, nothing before the window, no wrong ICV (ip -s xfrm state)"), state.is_clean());
        let esp = frames.iter().filter(|frame| sequence_at(frame, spi).is_some()).count() as u64;
        checks.equal(&format!("SA {what}: the kernel counts the {esp} packets that were on the wire"), state.packets, esp);
    }
    let seen = on_the_wire(&link.wire);
    checks.equal("on the wire: nothing readable", seen.readable, 0);
    checks.equal("on the wire: no nonce twice", seen.nonce_reuse, 0);
    Ok(text)
}

/// Sends frames again, and one with a wrong ICV: each end must drop them, and count them as what they are.
pub fn disturbed(link: &mut Link<impl Inline>, console: &mut Console, case: &Case, checks: &mut Checks) -> Result<(), Failure> {
    let before = kernel::dropped(console, link)?;
    let accepted = state(console, link, case)?.packets;
    let again = |frames: &[Vec<u8>], spi| {
        let esp: Vec<Vec<u8>> = frames.iter().filter(|frame| sequence_at(frame, spi).is_some()).cloned().collect();
        esp[esp.len().saturating_sub(AGAIN)..].to_vec()
    };
    let to_kernel = again(&link.to_kernel, case.spi_to_kernel());
    let to_device = again(&link.to_device, case.spi_to_device());
    let (repeated, opened) = (to_kernel.len() as u64, link.delivered());
    let mut forged = to_kernel.last().ok_or("no ESP frame was recorded")?.clone();
    let at = sequence_at(&forged, case.spi_to_kernel()).ok_or("no ESP frame")?;
    let number = number_of(&forged, case.spi_to_kernel()).ok_or("no ESP frame")?.wrapping_add(1);
    forged[at..at + 4].copy_from_slice(&number.to_be_bytes());
    for frame in to_kernel {
        link.send(frame)?;
    }
    link.send(forged)?;
    for frame in &to_device {
        link.device.enter_network(frame);
    }
    link.quiet()?;

    let told = link.device.told()?;
    checks.equal(
        "sent again to the device: dropped as replay",
        told.dropped.into_iter().collect::<Vec<_>>(),
        vec![("replay", to_device.len() as u64)],
    );
    checks.equal("nothing of it reaches the host", link.delivered(), opened);
    let moved = kernel::moved(&before, &kernel::dropped(console, link)?);
    let expected: Dropped =
        [("XfrmInStateSeqError", repeated), ("XfrmInStateProtoError", 1)].map(|(name, count)| (name.to_owned(), count)).into();
    checks.equal("sent again, and once with a wrong ICV, to the kernel: dropped and counted", moved, expected);
    let found = state(console, link, case)?;
    checks.equal("the kernel's SA counts them too", (found.before_window + found.replayed, found.failed), (repeated, 1));
    checks.equal("and has accepted none", found.packets, accepted);
    Ok(())
}

/// The kernel's inbound SA.
fn state(console: &mut Console, link: &mut Link<impl Inline>, case: &Case) -> Result<State, Failure> {
    let (mut states, _) = kernel::states(console, link)?;
    Ok(states.remove(&case.spi_to_kernel()).ok_or("the kernel's SA is gone")?)
}

/// Where the sequence number stands in a frame that is ESP with this SPI.
pub fn sequence_at(frame: &[u8], spi: u32) -> Option<usize> {
    let at = match frame.get(12..15)? {
        [0x08, 0x00, head] if frame.get(23) == Some(&protocol::ESP) => 14 + 4 * usize::from(head & 15),
        [0x86, 0xdd, _] if frame.get(20) == Some(&protocol::ESP) => 54,
        _ => return None,
    };
    (frame.get(at..at + 4)? == spi.to_be_bytes()).then_some(at + 4)
}

/// The sequence number, or its lower half, of a frame that is ESP with this SPI.
pub fn number_of(frame: &[u8], spi: u32) -> Option<u32> {
    let at = sequence_at(frame, spi)?;
    Some(u32::from_be_bytes(frame.get(at..at + 4)?.try_into().ok()?))
}
