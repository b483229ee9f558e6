//! The power fails on our side, again and again, while the kernel knows nothing of it. After each outage the device has to find its way back
//! through the kernel as it is: by sealed datagrams to a small program behind it.

use crate::case::{Case, INTERVAL};
use crate::checks::Checks;
use crate::exchange::{pings, SIZES};
use crate::guest::Console;
use crate::inline::Survivor;
use crate::kernel::{self, Dropped};
use crate::link::Link;
use crate::verdict::{number_of, sequence_at};
use crate::Failure;
use holdfast_testbench::demo::on_the_wire;

/// Outages in a row. In every second one the first answer is lost on the way.
const OUTAGES: usize = 4;

/// Traffic and outages by turns, then what both ends say of it.
pub fn outages<D: Survivor>(link: &mut Link<D>, console: &mut Console, case: &Case, checks: &mut Checks) -> Result<String, Failure> {
    let before = kernel::dropped(console, link)?;
    for outage in 1..=OUTAGES {
        traffic(link, console, case, checks, &format!("before outage {outage}"))?;
        let requests = survive(link, console, case, checks, outage % 2 == 0)?;
        println!("          outage {outage}: established again after {requests} request{}", if requests == 1 { "" } else { "s" });
    }
    traffic(link, console, case, checks, "after the last outage")?;

    link.quiet()?;
    let moved = kernel::moved(&before, &kernel::dropped(console, link)?);
    checks.equal("the kernel has dropped nothing (/proc/net/xfrm_stat)", moved, Dropped::new());
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
    checks.equal("on the wire: no nonce twice, over all outages", seen.nonce_reuse, 0);
    Ok(text)
}

/// Pings from both ends.
fn traffic<D: Survivor>(link: &mut Link<D>, console: &mut Console, case: &Case, checks: &mut Checks, when: &str) -> Result<(), Failure> {
    let answers = pings(link, case.kernel())?;
    let text = console.run(&format!("ping -c 3 -i 0.2 -s 1000 {}", case.host()), || link.carry())?;
    checks.equal(&format!("{when}: pings from both ends"), (answers, text.contains(" 3 packets received")), (SIZES.len(), true));
    Ok(())
}

/// One outage, from the cut until both directions are established; answers the number of requests.
fn survive<D: Survivor>(
    link: &mut Link<D>,
    console: &mut Console,
    case: &Case,
    checks: &mut Checks,
    lossy: bool,
) -> Result<usize, Failure> {
    let last = link.to_kernel.iter().rev().find_map(|frame| number_of(frame, case.spi_to_kernel())).ok_or("nothing was sealed yet")?;
    let from_kernel = |frames: &[Vec<u8>]| -> Vec<Vec<u8>> {
        frames.iter().filter(|frame| sequence_at(frame, case.spi_to_device()).is_some()).cloned().collect()
    };
    let delivered = from_kernel(&link.to_device).len();
    link.device.power_off();
    link.asleep = true;
    // The kernel goes on, and nobody hears it.
    console.run(&format!("ping -c 2 -i 0.2 -W 1 -s 100 {}; true", case.host()), || link.carry())?;
    let opened = link.delivered();

    // The power is back, the host is not yet.
    link.device.power_on()?;
    let quarantined = link.device.in_quarantine()?;
    checks.that("power on: the inbound SA is in quarantine", quarantined);
    // Somebody on the wire is faster than any answer, with everything he has seen.
    let seen = from_kernel(&link.to_device);
    seen.iter().for_each(|frame| link.device.enter_network(frame));
    let mut events = link.device.told()?.events;
    let sent = link.to_kernel.len();
    link.lose = lossy.then_some(case.spi_to_device());
    link.until("the end of the quarantine", |link| match link.device.in_quarantine() {
        Ok(false) => Some(Ok(())),
        Ok(true) => None,
        Err(error) => Some(Err(error)),
    })??;
    let requests: Vec<u32> = link.to_kernel[sent..].iter().filter_map(|frame| number_of(frame, case.spi_to_kernel())).collect();
    let told = link.device.told()?;
    events.extend(told.events);
    checks.equal("one control message was taken", told.dropped.get("control"), Some(&1));
    // And again.
    seen.iter().for_each(|frame| link.device.enter_network(frame));
    link.quiet()?;

    events.retain(|name| name.starts_with("resync"));
    checks.equal("events", events, vec!["resync_started", "resync_finished"]);
    // An old number is seen in quarantine or is a replay; where its upper half is inferred anew it is forged; an old answer is none.
    let told = link.device.told()?;
    // One answer was taken, and in a lossy outage one was lost; an answer to a request that was repeated too early is ignored.
    let late = requests.len().saturating_sub(1 + usize::from(lossy));
    let dropped: u64 = ["quarantine", "replay", "icv", "control_ignored"].iter().filter_map(|reason| told.dropped.get(reason)).sum();
    checks.equal(
        &format!(
            "{} packets of before, the last {} not delivered then, sent in quarantine and again after it: none passes",
            seen.len(),
            seen.len() - delivered
        ),
        (dropped, link.delivered()),
        ((2 * seen.len() + late) as u64, opened),
    );
    let skipped = requests.first().map(|first| first.wrapping_sub(last) - 1);
    checks.that(
        &format!("the first number is new, and at most {} were skipped", 2 * INTERVAL),
        skipped.is_some_and(|skipped| skipped <= 2 * INTERVAL),
    );
    checks.that("there were as many requests as it takes", requests.len() > usize::from(lossy));

    link.device.install_rules()?;
    link.asleep = false;
    Ok(requests.len())
}
