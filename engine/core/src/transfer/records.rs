//! Records with their owners, as they wait to be sent.

/// Octets of a record before the length of its data: owner pointer, type, class, TTL.
const BEFORE_LENGTH: usize = 10;

/// Records one after the other, each as: octets of its owner, its owner, the record as `image::records` encodes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records(Vec<u8>);

impl Records {
    /// Adds a record of this owner, which is in wire form.
    pub fn push(&mut self, owner: &[u8], record: &[u8]) {
        self.0.push(owner.len() as u8); // A name has at most 255 octets.
        self.0.extend_from_slice(owner);
        self.0.extend_from_slice(record);
    }

    /// The record that begins there, its owner, and where the next one begins; None at the end.
    pub fn at(&self, start: usize) -> Option<(&[u8], &[u8], usize)> {
        let (&length, rest) = self.0.get(start..)?.split_first()?;
        let (owner, rest) = rest.split_at_checked(length.into())?;
        let &[high, low] = rest.get(BEFORE_LENGTH..BEFORE_LENGTH + 2)? else { return None };
        let record = rest.get(..BEFORE_LENGTH + 2 + usize::from(u16::from_be_bytes([high, low])))?;
        Some((owner, record, start + 1 + owner.len() + record.len()))
    }

    /// How many octets they take.
    pub fn octets(&self) -> usize {
        self.0.len()
    }

    /// Lets go of all, but keeps the room.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds all of the others.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend_from_slice(&others.0);
    }
}
