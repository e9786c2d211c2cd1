//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What `--help` prints.
const HELP: &str = "\
load ADDRESS:PORT QUESTIONS [options]

Sends the questions of a file to a name server over UDP, over and over until the count is
reached, and checks each answer. Prints one JSON object.

  --count N      questions to ask (default: each once)
  --window N     questions outstanding at any moment, 1 to 256 (default 128)
  --rate N       questions a second, evenly spread (default: as fast as answers come); the time of each
                 answer counts from when its question was due
  --sockets N    source ports, 1 to 64 (default 8)
  --xdp IFACE    past the kernel's network stack by AF_XDP over this interface, to a neighbour on it, IPv4 alone;
                 needs root, and the generator built with `--features xdp`
  --core N       keep to this core
  --timeout MS   a question without an answer for so long is lost (default 1000)
  --follow       ask until standard input ends, which tells what is right meanwhile, line by line:
                   + N HASH   this answer to the question of line N, from 0, is right from now on
                   - N HASH   it is wrong for whoever asks from now on
                   ?          print a report of all so far

QUESTIONS has one line a question: the packet in hexadecimal (its id is set here), the expected
RCODE as a number, and the expected answer sections, each as the hash that bench/answers writes,
separated by commas. '-' in place of either means that it is not checked.
Example:  000000000001000000000000037777770000010001 0 9f86d081884c7d65";

/// What was asked for.
pub struct Options {
    /// The server.
    pub server: SocketAddr,
    /// The file of questions.
    pub questions: PathBuf,
    /// Questions to ask in all; 0: each once; u64::MAX: until standard input ends.
    pub count: u64,
    /// Standard input tells what is right.
    pub follow: bool,
    /// Questions outstanding at any moment, 1 to 256.
    pub window: usize,
    /// The time between two questions; zero: as fast as answers come.
    pub interval: Duration,
    /// Source ports, 1 to 64.
    pub sockets: usize,
    /// The interface to use AF_XDP on; None: sockets.
    pub xdp: Option<String>,
    /// The core to keep to.
    pub core: Option<usize>,
    /// After this time a question is lost.
    pub timeout: Duration,
}

/// Reads the arguments; the error is what to show the user.
pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut places = Vec::new();
    let (mut count, mut window, mut sockets, mut core, mut timeout) = (0, 128, 8, None, 1000);
    let (mut interval, mut follow, mut xdp) = (Duration::ZERO, false, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Err(HELP.into()),
            "--count" => count = number(&argument, arguments.next(), 1, u64::MAX)?,
            "--follow" => follow = true,
            "--window" => window = number(&argument, arguments.next(), 1, 256)?,
            "--rate" => {
                interval = Duration::from_secs(1) / number(&argument, arguments.next(), 1, 10_000_000)? as u32;
            }
            "--sockets" => sockets = number(&argument, arguments.next(), 1, 64)?,
            "--xdp" => xdp = Some(arguments.next().ok_or("load: --xdp needs an interface")?),
            "--core" => core = Some(number(&argument, arguments.next(), 0, 1023)? as usize),
            "--timeout" => timeout = number(&argument, arguments.next(), 1, 60_000)?,
            option if option.starts_with('-') => return Err(format!("load: there is no option {option}\n\n{HELP}")),
            _ => places.push(argument),
        }
    }
    let [server, questions] = places.try_into().map_err(|_| HELP.to_string())?;
    Ok(Options {
        server: server.parse().map_err(|_| format!("load: '{server}' is not ADDRESS:PORT"))?,
        questions: questions.into(),
        count: if follow { u64::MAX } else { count },
        follow,
        window: window as usize,
        interval,
        sockets: (sockets as usize).min(window as usize),
        xdp,
        core,
        timeout: Duration::from_millis(timeout),
    })
}

/// The number after an option, within its range.
fn number(option: &str, value: Option<String>, least: u64, most: u64) -> Result<u64, String> {
    let value = value.ok_or_else(|| format!("load: {option} needs a number"))?;
    let number = value.parse().ok().filter(|n| (least..=most).contains(n));
    number.ok_or_else(|| format!("load: {option} takes {least} to {most}, not '{value}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(line: &str) -> Result<Options, String> {
        read(line.split(' ').map(String::from))
    }

    /// What is not given has its default; there are no more source ports than questions outstanding.
    #[test]
    fn defaults() {
        let options = given("192.0.2.53:53 questions --window 4").expect("options");
        assert_eq!((options.window, options.sockets, options.count, options.core), (4, 4, 0, None));
        assert_eq!((options.xdp, options.follow), (None, false));
    }

    /// AF_XDP takes the name of an interface.
    #[test]
    fn interfaces() {
        let options = given("--xdp veth-client 192.0.2.53:53 questions").expect("options");
        assert_eq!(options.xdp.as_deref(), Some("veth-client"));
        assert!(given("192.0.2.53:53 questions --xdp").is_err_and(|message| message.contains("needs an interface")));
    }

    /// Numbers out of their range, options that there are not and addresses that are none are refused.
    #[test]
    fn refused() {
        for wrong in ["--window 257", "--sockets 0", "--count x", "--rate", "--xpd veth"] {
            assert!(given(&format!("192.0.2.53:53 questions {wrong}")).is_err(), "{wrong}");
        }
        assert!(given("192.0.2.53 questions").is_err());
    }
}
