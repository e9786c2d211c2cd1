//! Memory that is fetched before it is read: `ahead` asks for it, whoever keeps what is read says where it is, and `io`
//! knows how it is done.

/// Has the processor fetch the line of its cache that an address lies in. It may do nothing.
pub trait Fetch: Fn(*const u8) + Copy {}

impl<F: Fn(*const u8) + Copy> Fetch for F {}
