//! What has to be known of a network interface, and of the machine's addresses.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::ptr;

use libc::{sockaddr_in, sockaddr_in6};

/// ARPHRD_ETHER: frames have Ethernet headers.
const ETHERNET: &str = "1";

/// The least MTU of IPv6 (RFC 8200 §5); below it there is no room for the default of `udp_payload`.
const LEAST_MTU: usize = 1280;

/// A network interface as it was when it was looked at.
#[derive(Debug)]
pub(super) struct Interface {
    /// The number that the kernel knows it by.
    pub(super) index: u32,
    /// Its own address.
    pub(super) mac: [u8; 6],
    /// Octets of the largest IP packet.
    pub(super) mtu: usize,
    /// Receive queues, at least one.
    pub(super) queues: u32,
}

impl Interface {
    /// Looks at the interface of this name.
    ///
    /// # Errors
    /// There is none (`NotFound`), or it is of no use for XDP (`Unsupported`); says why.
    pub(super) fn find(name: &str) -> io::Result<Self> {
        let index = index(name).ok_or_else(|| no_interface(name))?;
        let folder = Path::new("/sys/class/net").join(name);
        if read(&folder, "ifindex")?.parse() != Ok(index) {
            return Err(unsupported("/sys is that of another network namespace"));
        }
        if read(&folder, "type")? != ETHERNET {
            return Err(unsupported("no Ethernet interface"));
        }
        let mac = mac(&read(&folder, "address")?).ok_or_else(|| unsupported("no MAC address of 48 bits"))?;
        let mtu = read(&folder, "mtu")?.parse().unwrap_or(0);
        if mtu < LEAST_MTU {
            return Err(unsupported(&format!("its MTU is {mtu}, below {LEAST_MTU}")));
        }
        Ok(Self { index, mac, mtu, queues: queues(&folder.join("queues"))? })
    }
}

fn index(name: &str) -> Option<u32> {
    // A name with a slash would be another file in /sys; the kernel has no such interface.
    let name = CString::new(name).ok()?;
    // SAFETY: the name ends with a zero and lives through the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (index > 0).then_some(index)
}

fn read(folder: &Path, file: &str) -> io::Result<String> {
    fs::read_to_string(folder.join(file)).map(|text| text.trim().to_owned())
}

fn queues(folder: &PathBuf) -> io::Result<u32> {
    let names = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.file_name());
    Ok(names.filter(|name| name.to_string_lossy().starts_with("rx-")).count().max(1) as u32)
}

/// `02:00:00:00:00:01` as octets.
fn mac(text: &str) -> Option<[u8; 6]> {
    let octets: Vec<u8> = text.split(':').map(|part| u8::from_str_radix(part, 16)).collect::<Result<_, _>>().ok()?;
    octets.try_into().ok()
}

/// This machine's addresses in this network namespace, those of loopback left out: they come over no network.
///
/// # Errors
/// What `getifaddrs(3)` says.
pub(super) fn own_addresses() -> io::Result<Vec<IpAddr>> {
    let mut first = ptr::null_mut();
    // SAFETY: the call writes the start of a list, which is freed below.
    if unsafe { libc::getifaddrs(&raw mut first) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let (mut found, mut next) = (Vec::new(), first);
    // SAFETY: each entry of the list is whole until the list is freed.
    while let Some(entry) = unsafe { next.as_ref() } {
        found.extend(ip_address(entry.ifa_addr).filter(|address| !address.is_loopback()));
        next = entry.ifa_next;
    }
    // SAFETY: the list is the one that getifaddrs made, and nothing of it is kept.
    unsafe { libc::freeifaddrs(first) };
    Ok(found)
}

fn ip_address(address: *const libc::sockaddr) -> Option<IpAddr> {
    // SAFETY: an address of a list of getifaddrs is null or as long as its family says.
    unsafe {
        match i32::from(address.as_ref()?.sa_family) {
            libc::AF_INET => {
                let v4 = address.cast::<sockaddr_in>().read_unaligned();
                Some(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr)).into())
            }
            libc::AF_INET6 => {
                let v6 = address.cast::<sockaddr_in6>().read_unaligned();
                Some(Ipv6Addr::from(v6.sin6_addr.s6_addr).into())
            }
            _ => None,
        }
    }
}

fn no_interface(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("there is no interface {name:?}; `ip link` shows those there are"))
}

fn unsupported(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A MAC address is six octets between colons.
    #[test]
    fn mac_addresses() {
        assert_eq!(mac("02:00:00:00:00:0a"), Some([2, 0, 0, 0, 0, 10]));
        for wrong in ["", "02:00:00:00:00", "02:00:00:00:00:00:00", "zz:00:00:00:00:00"] {
            assert_eq!(mac(wrong), None, "{wrong}");
        }
    }

    /// What is no Ethernet interface is refused with its reason.
    #[test]
    fn others_are_refused() {
        for (name, reason) in [("lo", "no Ethernet interface"), ("none-such", "there is no interface")] {
            let error = Interface::find(name).expect_err("no use for XDP").to_string();
            assert!(error.contains(reason), "{name}: {error}");
        }
    }

    /// Loopback addresses are not among those that come over a network.
    #[test]
    fn addresses_are_those_of_networks() {
        let found = own_addresses().expect("a list");

        assert!(found.iter().all(|address| !address.is_loopback()));
    }
}
