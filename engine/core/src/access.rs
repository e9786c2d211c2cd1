//! Whose questions are answered.

use std::net::IpAddr;

use crate::networks::Networks;

/// Whose questions are answered, and whose are REFUSED.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Who is answered; None: everybody.
    pub allow: Option<Networks>,
    /// Who is not, even where `allow` has them.
    pub deny: Networks,
}

impl Access {
    /// Whether this client's questions are refused. It is the sender that counts, never a client subnet, which
    /// anybody may write.
    #[cold]
    pub fn refuses(&self, client: IpAddr) -> bool {
        self.deny.contain(client) || self.allow.as_ref().is_some_and(|allow| !allow.contain(client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Prefix;

    /// Everybody is answered but who is denied; where some are allowed, they alone; and a denial stands above.
    #[test]
    fn denied_stands_above_allowed() {
        let networks = |blocks: &[([u8; 4], u8)]| {
            Networks::new(
                &blocks.iter().map(|&(address, length)| Prefix::new(address.into(), length)).collect::<Vec<_>>(),
            )
        };
        let (ten, host) = (networks(&[([10, 0, 0, 0], 8)]), networks(&[([10, 0, 0, 1], 32)]));
        let cases = [
            (Access::default(), [false, false, false]),
            (Access { allow: None, deny: host.clone() }, [true, false, false]),
            (Access { allow: Some(ten.clone()), deny: Networks::default() }, [false, false, true]),
            (Access { allow: Some(ten), deny: host }, [true, false, true]),
        ];
        for (access, refused) in cases {
            let clients = [[10, 0, 0, 1], [10, 0, 0, 2], [192, 0, 2, 1]];

            assert_eq!(refused, clients.map(|client| access.refuses(client.into())), "{access:?}");
        }
    }
}
