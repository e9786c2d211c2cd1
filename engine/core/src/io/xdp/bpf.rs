//! `bpf(2)`: maps, the program and the link that holds it to an interface, behind safe types.
//!
//! All three are descriptors. The kernel takes the program off the interface when the link's descriptor is
//! closed, however the process ends.

#![allow(unsafe_code)]

use std::ffi::CStr;
use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use super::program::{Instruction, KEY};

/// Commands (`enum bpf_cmd`).
const MAP_CREATE: libc::c_long = 0;
const MAP_UPDATE_ELEM: libc::c_long = 2;
const PROG_LOAD: libc::c_long = 5;
const LINK_CREATE: libc::c_long = 28;

const MAP_TYPE_HASH: u32 = 1;
const MAP_TYPE_XSKMAP: u32 = 17;
const PROG_TYPE_XDP: u32 = 6;
const ATTACH_XDP: u32 = 37;

/// How a program is attached (`linux/if_link.h`).
pub(super) const GENERIC: u32 = 1 << 1;
pub(super) const NATIVE: u32 = 1 << 2;

/// The license is for helpers that only programs under the GPL may call; ours calls none.
const LICENSE: &CStr = c"Apache-2.0";

/// The beginnings of `union bpf_attr`, each as long as its command reads.
#[repr(C)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    map_flags: u32,
}

#[repr(C)]
struct MapUpdate {
    map_fd: u32,
    padding: u32,
    key: u64,
    value: u64,
    flags: u64,
}

#[repr(C)]
struct ProgLoad {
    prog_type: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buf: u64,
    kern_version: u32,
    prog_flags: u32,
}

#[repr(C)]
struct LinkCreate {
    prog_fd: u32,
    target_ifindex: u32,
    attach_type: u32,
    flags: u32,
}

/// A map from addresses with ports to nothing in particular: what is in it is ours.
///
/// # Errors
/// What `bpf(2)` says.
pub(super) fn address_map(keys: &[[u8; KEY]]) -> io::Result<OwnedFd> {
    let map = create_map(MAP_TYPE_HASH, KEY as u32, keys.len() as u32)?;
    for key in keys {
        update(&map, key, 1)?;
    }
    Ok(map)
}

/// A map from queues to sockets, for `queues` of them.
///
/// # Errors
/// What `bpf(2)` says.
pub(super) fn socket_map(queues: u32) -> io::Result<OwnedFd> {
    create_map(MAP_TYPE_XSKMAP, size_of::<u32>() as u32, queues)
}

/// Has the queue's frames go to the socket.
///
/// # Errors
/// What `bpf(2)` says.
pub(super) fn set_socket(map: &OwnedFd, queue: u32, socket: RawFd) -> io::Result<()> {
    update(map, &queue.to_ne_bytes(), socket as u32)
}

fn create_map(map_type: u32, key_size: u32, max_entries: u32) -> io::Result<OwnedFd> {
    let attributes = MapCreate { map_type, key_size, value_size: size_of::<u32>() as u32, max_entries, map_flags: 0 };
    // SAFETY: MAP_CREATE reads numbers alone.
    let descriptor = unsafe { bpf(MAP_CREATE, &attributes) }?;
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// The maps here have values of 32 bits; `key` has as many octets as the map was made for.
fn update(map: &OwnedFd, key: &[u8], value: u32) -> io::Result<()> {
    let attributes = MapUpdate {
        map_fd: map.as_raw_fd() as u32,
        padding: 0,
        key: key.as_ptr() as u64,
        value: (&raw const value) as u64,
        flags: 0,
    };
    // SAFETY: the kernel reads a key and a value of the sizes that the map was made with, and both live
    // through the call.
    unsafe { bpf(MAP_UPDATE_ELEM, &attributes) }.map(drop)
}

/// Loads a program; the kernel refuses one that could do harm.
///
/// # Errors
/// What `bpf(2)` says.
pub(super) fn load(program: &[Instruction]) -> io::Result<OwnedFd> {
    let attributes = ProgLoad {
        prog_type: PROG_TYPE_XDP,
        insn_cnt: program.len() as u32,
        insns: program.as_ptr() as u64,
        license: LICENSE.as_ptr() as u64,
        log_level: 0,
        log_size: 0,
        log_buf: 0,
        kern_version: 0,
        prog_flags: 0,
    };
    // SAFETY: `insns` points at as many instructions as `insn_cnt` says, `license` at a string that ends
    // with a zero; both live through the call, and the kernel only reads them.
    let descriptor = unsafe { bpf(PROG_LOAD, &attributes) }?;
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Attaches a program to an interface, as long as the descriptor that is returned stays open.
///
/// # Errors
/// What `bpf(2)` says.
pub(super) fn attach(program: &OwnedFd, interface: u32, flags: u32) -> io::Result<OwnedFd> {
    let prog_fd = program.as_raw_fd() as u32;
    let attributes = LinkCreate { prog_fd, target_ifindex: interface, attach_type: ATTACH_XDP, flags };
    // SAFETY: LINK_CREATE reads numbers alone.
    let descriptor = unsafe { bpf(LINK_CREATE, &attributes) }?;
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// The system call. Descriptors that it makes are closed on exec.
///
/// # Safety
/// What the attributes point at is there for the call, of the sizes that they say.
unsafe fn bpf<T>(command: libc::c_long, attributes: &T) -> io::Result<RawFd> {
    // SAFETY: the caller vouches for what the attributes point at; the kernel reads as many of their
    // octets as the size says, and takes what lies beyond for zero.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, attributes as *const T, size_of::<T>()) };
    RawFd::try_from(result).ok().filter(|number| *number >= 0).ok_or_else(io::Error::last_os_error)
}
