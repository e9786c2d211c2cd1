//! Memory that is fetched before it is read.

#![allow(unsafe_code)]

/// Has the processor fetch the line of its cache that an address lies in; nothing where we know no such instruction.
#[inline(always)]
pub fn fetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the instruction reads nothing that a program could see, and does nothing for an address that is not there.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
