//! The program at the interface: which frames go to our sockets, and which to the kernel.
//!
//! It is a table of instructions of the kernel's virtual machine (RFC 9669), so that nothing but the Rust
//! compiler is needed to build it. Registers: r1 to r5 are arguments and scratch, r0 is what a call or the
//! program returns, r6 keeps the context, r10 is the frame pointer of the stack.
//!
//! A frame is ours when it was sent to the interface's own MAC address, is IPv4 without options that is no
//! fragment or IPv6 without extension headers, carries UDP, and is for an address and port in the map. All
//! else goes to the kernel, as does a frame of a queue that has no socket.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::RawFd;

/// One instruction as the kernel reads it (RFC 9669 §3).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    code: u8,
    registers: u8, // destination in the lower half, source in the upper
    offset: i16,
    immediate: i32,
}

/// Octets of a key of the map of addresses: see [`key`].
pub(super) const KEY: usize = 20;

/// An address and port as the program looks them up: 16 octets of address, IPv4 as `::ffff:a.b.c.d`, 2 of port in
/// network order, 2 of nothing.
pub(super) fn key(address: SocketAddr) -> [u8; KEY] {
    let mut key = [0; KEY];
    let v6 = match address.ip() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    key[..16].copy_from_slice(&v6.octets());
    key[16..18].copy_from_slice(&address.port().to_be_bytes());
    key
}

/// A line of the table.
#[derive(Clone, Copy)]
enum Line {
    Do(Instruction),
    /// Goes on at a label further down, if the instruction's condition holds.
    Jump(Instruction, &'static str),
    Label(&'static str),
}

use Line::{Do, Jump, Label};

const R0: u8 = 0;
const R1: u8 = 1;
const R2: u8 = 2;
const R3: u8 = 3;
const R4: u8 = 4;
const R5: u8 = 5;
const R6: u8 = 6;
const FRAME: u8 = 10;

/// Sizes of loads and stores (RFC 9669 §5).
const WORD: u8 = 0x00; // 32 bits
const HALF: u8 = 0x08; // 16 bits
const BYTE: u8 = 0x10;
const DOUBLE: u8 = 0x18; // 64 bits

/// What the program returns: the frame goes on to the kernel (`enum xdp_action`).
const XDP_PASS: i32 = 2;
/// Helper functions of the kernel (`bpf-helpers(7)`).
const MAP_LOOKUP_ELEM: i32 = 1;
const REDIRECT_MAP: i32 = 51;

/// Fields of `struct xdp_md`.
const DATA: i16 = 0;
const DATA_END: i16 = 4;
const RX_QUEUE_INDEX: i16 = 16;

/// Where the key is built: below the frame pointer.
const KEY_AT: i16 = -24;

/// The program for an interface with this MAC address; the descriptors are those of the maps of addresses and sockets.
pub(super) fn program(mac: [u8; 6], addresses: RawFd, sockets: RawFd) -> Vec<Instruction> {
    let mac_start = i32::from_ne_bytes([mac[0], mac[1], mac[2], mac[3]]);
    let mac_end = native([mac[4], mac[5]]);
    assemble(&[
        Do(copy(R6, R1)),
        Do(load(WORD, R2, R6, DATA)),
        Do(load(WORD, R3, R6, DATA_END)),
        // The least that can be ours: Ethernet, IPv4, UDP.
        Do(copy(R4, R2)),
        Do(add(R4, 14 + 20 + 8)),
        Jump(if_greater(R4, R3), "pass"),
        Do(load(WORD, R5, R2, 0)),
        Jump(if_not(R5, mac_start), "pass"),
        Do(load(HALF, R5, R2, 4)),
        Jump(if_not(R5, mac_end), "pass"),
        Do(load(HALF, R5, R2, 12)),
        Jump(if_is(R5, native([0x08, 0x00])), "ipv4"),
        Jump(if_not(R5, native([0x86, 0xdd])), "pass"),
        // IPv6: long enough, version 6, UDP next.
        Do(copy(R4, R2)),
        Do(add(R4, 14 + 40 + 8)),
        Jump(if_greater(R4, R3), "pass"),
        Do(load(BYTE, R5, R2, 14)),
        Do(and(R5, 0xf0)),
        Jump(if_not(R5, 0x60), "pass"),
        Do(load(BYTE, R5, R2, 20)),
        Jump(if_not(R5, 17), "pass"),
        // The key: the destination address as it is, then the port.
        Do(load(WORD, R5, R2, 38)),
        Do(store(WORD, R5, KEY_AT)),
        Do(load(WORD, R5, R2, 42)),
        Do(store(WORD, R5, KEY_AT + 4)),
        Do(load(WORD, R5, R2, 46)),
        Do(store(WORD, R5, KEY_AT + 8)),
        Do(load(WORD, R5, R2, 50)),
        Do(store(WORD, R5, KEY_AT + 12)),
        Do(load(HALF, R5, R2, 56)),
        Jump(always(), "look up"),
        Label("ipv4"),
        // Version 4 and no options, neither "more fragments" nor an offset, UDP.
        Do(load(BYTE, R5, R2, 14)),
        Jump(if_not(R5, 0x45), "pass"),
        Do(load(HALF, R5, R2, 20)),
        Do(and(R5, native([0x3f, 0xff]))),
        Jump(if_not(R5, 0), "pass"),
        Do(load(BYTE, R5, R2, 23)),
        Jump(if_not(R5, 17), "pass"),
        // The key: the destination address mapped into IPv6, then the port.
        Do(set(R5, 0)),
        Do(store(DOUBLE, R5, KEY_AT)),
        Do(set(R5, i32::from_ne_bytes([0, 0, 0xff, 0xff]))),
        Do(store(WORD, R5, KEY_AT + 8)),
        Do(load(WORD, R5, R2, 30)),
        Do(store(WORD, R5, KEY_AT + 12)),
        Do(load(HALF, R5, R2, 36)),
        Label("look up"),
        // A half word in a word leaves the octets behind the port zero on little-endian machines alone.
        Do(store(HALF, R5, KEY_AT + 16)),
        Do(set(R5, 0)),
        Do(store(HALF, R5, KEY_AT + 18)),
        Do(copy(R2, FRAME)),
        Do(add(R2, KEY_AT as i32)),
        Do(map(R1, addresses)[0]),
        Do(map(R1, addresses)[1]),
        Do(call(MAP_LOOKUP_ELEM)),
        Jump(if_is(R0, 0), "pass"),
        // To the socket of the queue that the frame came through; without one, to the kernel.
        Do(load(WORD, R2, R6, RX_QUEUE_INDEX)),
        Do(map(R1, sockets)[0]),
        Do(map(R1, sockets)[1]),
        Do(set(R3, XDP_PASS)),
        Do(call(REDIRECT_MAP)),
        Do(exit()),
        Label("pass"),
        Do(set(R0, XDP_PASS)),
        Do(exit()),
    ])
}

/// Octets of a packet as a load of 16 bits gives them.
fn native(octets: [u8; 2]) -> i32 {
    i32::from(u16::from_ne_bytes(octets))
}

/// The instructions, with each jump's offset from the instruction behind it to its label.
fn assemble(lines: &[Line]) -> Vec<Instruction> {
    let mut instructions: Vec<Instruction> = Vec::new();
    let mut jumps = Vec::new();
    for line in lines {
        match *line {
            Do(instruction) => instructions.push(instruction),
            Jump(instruction, label) => {
                jumps.push((instructions.len(), label));
                instructions.push(instruction);
            }
            Label(label) => {
                let here = instructions.len();
                for (at, _) in jumps.extract_if(.., |(_, to)| *to == label) {
                    instructions[at].offset = (here - at - 1) as i16;
                }
            }
        }
    }
    assert!(jumps.is_empty(), "a jump to no label");
    instructions
}

const fn instruction(code: u8, to: u8, from: u8, offset: i16, immediate: i32) -> Instruction {
    Instruction { code, registers: from << 4 | to, offset, immediate }
}

/// LDX, MEM: `to = *(from + offset)`.
const fn load(size: u8, to: u8, from: u8, offset: i16) -> Instruction {
    instruction(0x61 | size, to, from, offset, 0)
}

/// STX, MEM: `*(frame pointer + offset) = from`.
const fn store(size: u8, from: u8, offset: i16) -> Instruction {
    instruction(0x63 | size, FRAME, from, offset, 0)
}

/// ALU64, MOV of a register.
const fn copy(to: u8, from: u8) -> Instruction {
    instruction(0xbf, to, from, 0, 0)
}

/// ALU, MOV of a constant: the upper half becomes zero.
const fn set(to: u8, value: i32) -> Instruction {
    instruction(0xb4, to, 0, 0, value)
}

/// ALU64, ADD of a constant.
const fn add(to: u8, value: i32) -> Instruction {
    instruction(0x07, to, 0, 0, value)
}

/// ALU64, AND with a constant.
const fn and(to: u8, value: i32) -> Instruction {
    instruction(0x57, to, 0, 0, value)
}

/// JMP, JGT of two registers, both as unsigned.
const fn if_greater(left: u8, right: u8) -> Instruction {
    instruction(0x2d, left, right, 0, 0)
}

/// JMP, JEQ with a constant. A pointer is compared with 0 alone.
const fn if_is(register: u8, value: i32) -> Instruction {
    instruction(0x15, register, 0, 0, value)
}

/// JMP32, JNE with a constant.
const fn if_not(register: u8, value: i32) -> Instruction {
    instruction(0x56, register, 0, 0, value)
}

/// JMP, JA.
const fn always() -> Instruction {
    instruction(0x05, 0, 0, 0, 0)
}

/// JMP, CALL of a helper.
const fn call(helper: i32) -> Instruction {
    instruction(0x85, 0, 0, 0, helper)
}

/// JMP, EXIT.
const fn exit() -> Instruction {
    instruction(0x95, 0, 0, 0, 0)
}

/// LD, IMM of 64 bits, a map's descriptor (`BPF_PSEUDO_MAP_FD`): two instructions.
const fn map(to: u8, descriptor: RawFd) -> [Instruction; 2] {
    [instruction(0x18, to, 1, 0, descriptor), instruction(0, 0, 0, 0, 0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A jump leads to its label, counted from the instruction behind the jump.
    #[test]
    fn jumps_lead_to_their_labels() {
        let lines = [Jump(always(), "b"), Do(set(R0, 1)), Label("a"), Jump(always(), "b"), Label("b"), Do(exit())];

        let offsets: Vec<i16> = assemble(&lines).iter().map(|each| each.offset).collect();

        assert_eq!(offsets, [2, 0, 0, 0]);
    }

    /// A key has the address in 16 octets and the port in network order.
    #[test]
    fn keys() {
        let four = key("192.0.2.53:53".parse().expect("an address"));
        let six = key("[2001:db8::53]:5300".parse().expect("an address"));

        assert_eq!(four, *b"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x35\0\x35\0\0");
        assert_eq!(six, *b"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x53\x14\xb4\0\0");
    }
}
