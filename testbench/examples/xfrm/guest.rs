//! The Linux guest: qemu, its console and its network card.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{channel, Receiver, TryRecvError};
use std::time::{Duration, Instant};

use crate::Failure;

/// Time the guest has to boot, and to finish a command: it is emulated, perhaps beside other work.
const PATIENCE: Duration = Duration::from_secs(600);
/// The guest's end of the cable. Its port is the harness' own, which the system chose: with another address of the loopback
/// interface it is as free as that one.
const GUEST_END: &str = "127.0.0.2";
/// Ethernet address of the guest.
pub const MAC: [u8; 6] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];

/// Starts the guest that `scripts/xfrm/build.sh` made in `folder`, and waits until it is ready.
pub fn boot(folder: &Path) -> Result<(Console, Cable), Failure> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let port = socket.local_addr()?.port();
    socket.connect((GUEST_END, port))?;
    socket.set_nonblocking(true)?;
    let mac = MAC.map(|byte| format!("{byte:02x}")).join(":");
    let mut child = Command::new("qemu-system-x86_64")
        .args(["-accel", "tcg", "-cpu", "max", "-m", "256", "-smp", "1", "-nodefaults", "-no-user-config", "-no-reboot"])
        .args(["-display", "none", "-serial", "stdio"])
        .args(["-netdev", &format!("socket,id=n0,udp=127.0.0.1:{port},localaddr={GUEST_END}:{port}")])
        .args(["-device", &format!("virtio-net-pci,netdev=n0,mac={mac},romfile=")])
        .arg("-kernel")
        .arg(folder.join("vmlinuz"))
        .arg("-initrd")
        .arg(folder.join("initrd.gz"))
        // A starved machine does not deliver timer interrupts in time, which the kernel would take for broken hardware.
        .args(["-append", "console=ttyS0 quiet panic=-1 random.trust_cpu=on no_timer_check"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("qemu-system-x86_64: {error}; scripts/xfrm/build.sh installs it"))?;
    let input = child.stdin.take().ok_or("qemu has no input")?;
    let output = child.stdout.take().ok_or("qemu has no output")?;
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                break;
            }
        }
    });
    let mut console = Console { child, input, lines, release: String::new() };
    console.wait_until_ready()?;
    Ok((console, Cable { socket }))
}

/// The serial console, where the guest's first process reads commands. The guest ends with it.
pub struct Console {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// The kernel's release, as `uname -r` has it.
    pub release: String,
}

impl Console {
    /// Runs a shell command in the guest and calls `meanwhile` until it has ended, for there may be frames to carry.
    ///
    /// # Errors
    /// Where its status is not 0, with what it wrote.
    pub fn run(&mut self, command: &str, mut meanwhile: impl FnMut() -> Result<(), Failure>) -> Result<String, Failure> {
        assert!(!command.contains('\n'), "one line is one command");
        writeln!(self.input, "{command}")?;
        self.input.flush()?;
        let start = Instant::now();
        let mut text = String::new();
        loop {
            meanwhile()?;
            let Some(line) = self.line()? else {
                if start.elapsed() > PATIENCE {
                    return Err(format!("guest: `{command}` did not end; it wrote:\n{text}").into());
                }
                continue;
            };
            match line.strip_prefix("= ") {
                Some("0") => return Ok(text),
                Some(status) => return Err(format!("guest: `{command}` ended with status {status}:\n{text}").into()),
                None => text = text + &line + "\n",
            }
        }
    }

    /// The next line of the console, if there is one within a moment.
    fn line(&mut self) -> Result<Option<String>, Failure> {
        match self.lines.try_recv() {
            Ok(line) => Ok(Some(line)),
            Err(TryRecvError::Empty) => {
                std::thread::sleep(Duration::from_micros(200));
                Ok(None)
            }
            Err(TryRecvError::Disconnected) => Err(format!("the guest has ended: {}", self.child.wait()?).into()),
        }
    }

    fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let start = Instant::now();
        let mut seen = Vec::new();
        while start.elapsed() < PATIENCE {
            let Some(line) = self.line().map_err(|error| format!("{error}\n{}", seen.join("\n")))? else { continue };
            if let Some(release) = line.strip_prefix("ready ") {
                self.release = release.to_owned();
                return Ok(());
            }
            seen.push(line);
        }
        Err(format!("the guest was not ready within {PATIENCE:?}; it wrote:\n{}", seen.join("\n")).into())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // It has nothing to save, and may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The guest's Ethernet: one frame is one datagram.
pub struct Cable {
    socket: UdpSocket,
}

impl Cable {
    /// Sends a frame to the guest.
    pub fn send(&self, frame: &[u8]) -> Result<(), Failure> {
        match self.socket.send(frame) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("frame of {} bytes to the guest: {error}", frame.len()).into()),
        }
    }

    /// A frame the guest has sent, if there is one.
    pub fn receive(&self) -> Result<Option<Vec<u8>>, Failure> {
        let mut frame = vec![0; 1 << 16];
        match self.socket.recv(&mut frame) {
            Ok(length) => {
                frame.truncate(length);
                Ok(Some(frame))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(format!("from the guest: {error}").into()),
        }
    }
}
