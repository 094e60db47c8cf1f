//! The free-space allocator.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::{fmt, iter};

use ipnet::IpNet;
use thiserror::Error;

/// The free space of one network, from which smaller networks are taken.
///
/// Free space is held as the fewest aligned blocks that cover it. [`allocate`](Self::allocate) and
/// [`reserve`](Self::reserve) take O(*w* log *n*) time, with *w* the bits of an address (32 or 128)
/// and *n* the number of free blocks. Nothing is ever given back.
///
/// ```
/// use drstack_networking::cidr::Pool;
///
/// let mut pool = Pool::new("10.0.0.0/16".parse()?)?;
/// pool.reserve("10.0.0.0/24".parse()?)?;
/// assert_eq!(pool.allocate(24)?, "10.0.1.0/24".parse()?);
/// assert_eq!(pool.allocate(17)?, "10.0.128.0/17".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    parent: IpNet,
    /// Disjoint, and no two of them are the halves of one network.
    free: BTreeSet<FreeBlock>,
}

/// A free block under its prefix length. Addresses are reversed so that the last block within a
/// bound on the length is the lowest of the smallest.
type FreeBlock = (u8, Reverse<IpNet>);

impl Pool {
    /// A pool in which the whole of `parent` is free.
    ///
    /// # Errors
    /// [`PoolError::HostBits`].
    pub fn new(parent: IpNet) -> Result<Self, PoolError> {
        canonical(parent)?;
        Ok(Self { parent, free: BTreeSet::from([free_block(parent)]) })
    }

    /// The network that the pool was made from.
    #[must_use]
    pub fn parent(&self) -> IpNet {
        self.parent
    }

    /// Takes a network of that prefix length: the first address of the smallest free block that
    /// holds it, and of equally small ones the lowest.
    ///
    /// # Errors
    /// [`PoolError::PrefixLength`] and [`PoolError::Exhausted`]. The pool is then as before.
    pub fn allocate(&mut self, prefix_len: u8) -> Result<IpNet, PoolError> {
        let parent = self.parent;
        if !(parent.prefix_len()..=parent.max_prefix_len()).contains(&prefix_len) {
            return Err(PoolError::PrefixLength { prefix_len, parent });
        }
        // No free block sorts before its parent, so the parent's address bounds all blocks of this
        // length.
        let smallest = self.free.range(..=(prefix_len, Reverse(parent))).next_back();
        let Some((block, network)) = smallest.and_then(|&(_, Reverse(block))| {
            Some((block, block.subnets(prefix_len).ok()?.next()?))
        }) else {
            return Err(PoolError::Exhausted { prefix_len, parent, free: self.free() });
        };
        self.carve(block, network);
        Ok(network)
    }

    /// Takes exactly this network, all of which must be free.
    ///
    /// # Errors
    /// [`PoolError::HostBits`], [`PoolError::Outside`] and [`PoolError::Taken`]. The pool is then
    /// as before.
    pub fn reserve(&mut self, network: IpNet) -> Result<(), PoolError> {
        canonical(network)?;
        let parent = self.parent;
        if !parent.contains(&network) {
            return Err(PoolError::Outside { network, parent });
        }
        let block = iter::successors(Some(network), IpNet::supernet)
            .find(|block| self.free.contains(&free_block(*block)));
        let Some(block) = block else {
            return Err(PoolError::Taken { network, parent, free: self.free() });
        };
        self.carve(block, network);
        Ok(())
    }

    /// What is free, as the fewest aligned blocks, lowest address first.
    #[must_use]
    pub fn free(&self) -> Vec<IpNet> {
        let mut blocks: Vec<_> = self.free.iter().map(|&(_, Reverse(block))| block).collect();
        blocks.sort_unstable();
        blocks
    }

    /// Takes `network` out of the free block that contains it. What is left of the block is the
    /// sibling of each network on the way up.
    fn carve(&mut self, block: IpNet, network: IpNet) {
        self.free.remove(&free_block(block));
        let inside_block = iter::successors(Some(network), IpNet::supernet)
            .take_while(|ancestor| ancestor.prefix_len() > block.prefix_len());
        self.free.extend(inside_block.filter_map(sibling).map(free_block));
    }
}

/// Why a [`Pool`] could not serve a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PoolError {
    /// A network was given by an address inside it rather than by its first address.
    #[error("{network} has host bits set; its network is {}", network.trunc())]
    HostBits {
        /// As given.
        network: IpNet,
    },
    /// The length is shorter than the parent's, or longer than an address.
    #[error(
        "a /{prefix_len} was asked for, but networks in {parent} are /{} to /{}; change either prefix length",
        parent.prefix_len(),
        parent.max_prefix_len()
    )]
    PrefixLength {
        /// As asked for.
        prefix_len: u8,
        /// The network to be divided.
        parent: IpNet,
    },
    /// No free block is large enough.
    #[error(
        "no /{prefix_len} is free in {parent} ({}); ask for a longer prefix or give a larger parent",
        Largest(free)
    )]
    Exhausted {
        /// As asked for.
        prefix_len: u8,
        /// The network to be divided.
        parent: IpNet,
        /// What is free there, lowest address first.
        free: Vec<IpNet>,
    },
    /// The network is not inside the parent, or is of the other address family.
    #[error("{network} is not inside {parent}; choose a network inside it")]
    Outside {
        /// As asked for.
        network: IpNet,
        /// The network to be divided.
        parent: IpNet,
    },
    /// A part of the network is taken already.
    #[error("{network} is not free in {parent} ({}); choose another network", Largest(free))]
    Taken {
        /// As asked for.
        network: IpNet,
        /// The network to be divided.
        parent: IpNet,
        /// What is free there, lowest address first.
        free: Vec<IpNet>,
    },
}

/// The largest of some free blocks, for a message.
pub(super) struct Largest<'a>(pub(super) &'a [IpNet]);

impl fmt::Display for Largest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        let mut blocks = self.0.to_vec();
        blocks.sort_by_key(|block| (block.prefix_len(), *block));
        let shown: Vec<_> = blocks.iter().take(SHOWN).map(IpNet::to_string).collect();
        match blocks.len() {
            0 => write!(f, "nothing is free"),
            1..=SHOWN => write!(f, "free: {}", shown.join(", ")),
            _ => write!(f, "largest free: {}", shown.join(", ")),
        }
    }
}

fn free_block(network: IpNet) -> FreeBlock {
    (network.prefix_len(), Reverse(network))
}

fn canonical(network: IpNet) -> Result<(), PoolError> {
    if network == network.trunc() { Ok(()) } else { Err(PoolError::HostBits { network }) }
}

/// The other half of the network that is one bit shorter.
fn sibling(network: IpNet) -> Option<IpNet> {
    network.supernet()?.subnets(network.prefix_len()).ok()?.find(|half| *half != network)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    fn nets(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| net(text)).collect()
    }

    #[test]
    fn takes_the_smallest_block_that_holds_the_request() {
        let mut pool = Pool::new(net("10.0.0.0/16")).unwrap();
        pool.reserve(net("10.0.192.0/24")).unwrap();
        // 10.0.0.0/17 is lower, but 10.0.193.0/24 leaves the large blocks whole.
        assert_eq!(pool.allocate(24), Ok(net("10.0.193.0/24")));
        assert_eq!(pool.allocate(17), Ok(net("10.0.0.0/17")));
        assert_eq!(
            pool.free(),
            nets(&[
                "10.0.128.0/18",
                "10.0.194.0/23",
                "10.0.196.0/22",
                "10.0.200.0/21",
                "10.0.208.0/20",
                "10.0.224.0/19"
            ])
        );
    }

    #[test]
    fn the_whole_address_space_and_a_single_address_are_networks_too() {
        for whole in ["0.0.0.0/0", "::/0"] {
            let whole = net(whole);
            let mut pool = Pool::new(whole).unwrap();
            let address = pool.allocate(whole.max_prefix_len()).unwrap();
            assert_eq!(address.network(), whole.network());
            assert_eq!(pool.free().len(), usize::from(whole.max_prefix_len()));

            let mut pool = Pool::new(whole).unwrap();
            assert_eq!(pool.allocate(0), Ok(whole));
            assert!(matches!(pool.allocate(0), Err(PoolError::Exhausted { .. })));

            let mut pool = Pool::new(address).unwrap();
            assert_eq!(pool.reserve(address), Ok(()));
            assert_eq!(pool.free(), []);
        }
    }

    #[test]
    fn errors_say_what_was_asked_for_and_what_is_free() {
        let mut pool = Pool::new(net("10.0.0.0/22")).unwrap();
        let message = |result: Result<IpNet, PoolError>| result.unwrap_err().to_string();
        let reserve = |pool: &mut Pool, text| pool.reserve(net(text)).unwrap_err().to_string();

        assert_eq!(
            Pool::new(net("10.0.0.1/8")).unwrap_err().to_string(),
            "10.0.0.1/8 has host bits set; its network is 10.0.0.0/8"
        );
        assert_eq!(
            reserve(&mut pool, "10.0.0.7/24"),
            "10.0.0.7/24 has host bits set; its network is 10.0.0.0/24"
        );
        assert_eq!(
            reserve(&mut pool, "10.0.4.0/24"),
            "10.0.4.0/24 is not inside 10.0.0.0/22; choose a network inside it"
        );
        assert_eq!(
            reserve(&mut pool, "fd00::/64"),
            "fd00::/64 is not inside 10.0.0.0/22; choose a network inside it"
        );
        for prefix_len in [21, 33] {
            assert_eq!(
                message(pool.allocate(prefix_len)),
                format!(
                    "a /{prefix_len} was asked for, but networks in 10.0.0.0/22 are /22 to /32; change either prefix length"
                )
            );
        }

        pool.reserve(net("10.0.1.0/26")).unwrap();
        assert_eq!(
            message(pool.allocate(22)),
            "no /22 is free in 10.0.0.0/22 (largest free: 10.0.2.0/23, 10.0.0.0/24, 10.0.1.128/25); \
             ask for a longer prefix or give a larger parent"
        );
        pool.reserve(net("10.0.2.0/23")).unwrap();
        assert_eq!(
            reserve(&mut pool, "10.0.1.0/24"),
            "10.0.1.0/24 is not free in 10.0.0.0/22 (free: 10.0.0.0/24, 10.0.1.128/25, 10.0.1.64/26); \
             choose another network"
        );
        for prefix_len in [24, 25, 26] {
            pool.allocate(prefix_len).unwrap();
        }
        assert_eq!(
            message(pool.allocate(32)),
            "no /32 is free in 10.0.0.0/22 (nothing is free); ask for a longer prefix or give a larger parent"
        );
    }

    /// The obvious pool: a flag for each of the smallest networks it deals in, `WIDTH` bits below
    /// the parent.
    struct Reference {
        parent: IpNet,
        units: Vec<IpNet>,
        taken: Vec<bool>,
    }

    const WIDTH: u8 = 4;

    impl Reference {
        fn new(parent: IpNet) -> Self {
            let units: Vec<_> = parent.subnets(parent.prefix_len() + WIDTH).unwrap().collect();
            Self { parent, taken: vec![false; units.len()], units }
        }

        fn units(&self, network: IpNet) -> std::ops::Range<usize> {
            let first = self.units.iter().position(|unit| network.contains(unit)).unwrap();
            let count = self.units.iter().filter(|unit| network.contains(*unit)).count();
            first..first + count
        }

        fn is_free(&self, network: IpNet) -> bool {
            !self.taken[self.units(network)].contains(&true)
        }

        fn take(&mut self, network: IpNet) {
            let units = self.units(network);
            self.taken[units].fill(true);
        }

        fn free(&self) -> Vec<IpNet> {
            let free = |network: &IpNet| self.is_free(*network);
            let mut blocks: Vec<_> = (0..=WIDTH)
                .flat_map(|bits| self.parent.subnets(self.parent.prefix_len() + bits).unwrap())
                .filter(|network| {
                    free(network)
                        && (*network == self.parent || !free(&network.supernet().unwrap()))
                })
                .collect();
            blocks.sort();
            blocks
        }

        fn allocate(&mut self, prefix_len: u8) -> Option<IpNet> {
            let fitting = self.free().into_iter().filter(|block| block.prefix_len() <= prefix_len);
            let smallest = fitting.min_by_key(|block| (Reverse(block.prefix_len()), *block))?;
            let network = smallest.subnets(prefix_len).unwrap().next().unwrap();
            self.take(network);
            Some(network)
        }
    }

    #[derive(Debug, Clone)]
    enum Operation {
        /// Bits below the parent.
        Allocate(u8),
        /// Bits below the parent, and which of the networks of that size.
        Reserve(u8, prop::sample::Index),
    }

    fn operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            3 => (0..=WIDTH).prop_map(Operation::Allocate),
            1 => (0..=WIDTH, any::<prop::sample::Index>()).prop_map(|(bits, index)| Operation::Reserve(bits, index)),
        ]
    }

    /// Networks at the very start, in the middle, and at the very end of either address space.
    fn parent() -> impl Strategy<Value = IpNet> {
        prop::sample::select(nets(&[
            "0.0.0.0/0",
            "10.20.0.0/16",
            "255.255.255.240/28",
            "::/0",
            "fd00:1::/56",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124",
        ]))
    }

    proptest! {
        #[test]
        fn agrees_with_the_reference(parent in parent(), operations in prop::collection::vec(operation(), 0..24)) {
            let mut pool = Pool::new(parent).unwrap();
            let mut reference = Reference::new(parent);
            for operation in operations {
                match operation {
                    Operation::Allocate(bits) => {
                        let prefix_len = parent.prefix_len() + bits;
                        prop_assert_eq!(pool.allocate(prefix_len).ok(), reference.allocate(prefix_len));
                    }
                    Operation::Reserve(bits, index) => {
                        let candidates: Vec<_> = parent.subnets(parent.prefix_len() + bits).unwrap().collect();
                        let network = *index.get(&candidates);
                        prop_assert_eq!(pool.reserve(network).is_ok(), reference.is_free(network));
                        if reference.is_free(network) {
                            reference.take(network);
                        }
                    }
                }
                prop_assert_eq!(pool.free(), reference.free());
            }
        }

        #[test]
        fn exhaustion_is_an_error_and_never_a_wrap(parent in parent(), bits in 0..=WIDTH) {
            let prefix_len = parent.prefix_len() + bits;
            let mut pool = Pool::new(parent).unwrap();
            let all: Vec<_> = iter::from_fn(|| pool.allocate(prefix_len).ok()).take(1000).collect();
            prop_assert_eq!(all, parent.subnets(prefix_len).unwrap().collect::<Vec<_>>());
            let exhausted = PoolError::Exhausted { prefix_len, parent, free: Vec::new() };
            prop_assert_eq!(pool.allocate(prefix_len), Err(exhausted));
        }
    }
}
