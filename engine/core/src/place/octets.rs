//! Packed little-endian numbers, as the control plane writes tables.

use super::{PlaceError, refuse};

/// A number of fixed width.
pub trait Packed: Copy {
    /// Octets of one.
    const WIDTH: usize;
    /// Reads one from exactly `WIDTH` octets.
    fn read(octets: &[u8]) -> Self;
}

macro_rules! packed {
    ($($number:ty),*) => {$(
        impl Packed for $number {
            const WIDTH: usize = size_of::<$number>();

            fn read(octets: &[u8]) -> Self {
                let mut own = [0; size_of::<$number>()];
                own.copy_from_slice(octets);
                <$number>::from_le_bytes(own)
            }
        }
    )*};
}

packed!(u16, u32, i16);

/// All numbers of a section; its length must be a multiple of their width.
pub fn numbers<N: Packed>(section: &[u8], what: &str) -> Result<Box<[N]>, PlaceError> {
    let (whole, rest) = (section.chunks_exact(N::WIDTH), section.len() % N::WIDTH);
    if rest != 0 {
        return refuse(format!("{what}: {} octets do not divide by {}", section.len(), N::WIDTH));
    }
    Ok(whole.map(N::read).collect())
}

/// What is left of a table, taken from the front.
#[derive(Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next octets, or an error that names what they should have been.
    pub fn take(&mut self, octets: usize, what: &str) -> Result<&'a [u8], PlaceError> {
        match self.0.split_at_checked(octets) {
            Some((taken, rest)) => {
                self.0 = rest;
                Ok(taken)
            }
            None => refuse(format!("{what}: {octets} octets expected, {} left", self.0.len())),
        }
    }

    /// The octets of this many numbers.
    pub fn section<N: Packed>(&mut self, count: u32, what: &str) -> Result<&'a [u8], PlaceError> {
        self.take((count as usize).saturating_mul(N::WIDTH), what)
    }

    /// One number.
    pub fn number<N: Packed>(&mut self, what: &str) -> Result<N, PlaceError> {
        Ok(N::read(self.take(N::WIDTH, what)?))
    }
}
