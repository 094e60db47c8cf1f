use std::borrow::Cow;
use std::fmt;

use crate::{Attribute, Ref, Region};

/// What kind of block declares an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A `resource` block.
    #[default]
    Managed,
    /// A `data` block.
    Data,
    /// An `ephemeral` block (Terraform 1.10 and newer): its values reach neither plan nor state.
    Ephemeral,
}

/// The address of an object inside its module, such as `aws_vpc.main` or `data.aws_caller_identity.current`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Which block declares it.
    pub mode: Mode,
    /// The resource type, such as `aws_vpc`.
    pub kind: &'static str,
    /// The name in the module, such as `main`.
    pub name: Cow<'static, str>,
}

/// A module of the stack: a domain in a region, or one that spans both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleName {
    domain: &'static str,
    region: Region,
    scope: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Scope {
    Regional,
    Global,
}

impl Mode {
    /// The block's keyword in a configuration.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Managed => "resource",
            Self::Data => "data",
            Self::Ephemeral => "ephemeral",
        }
    }
}

impl Address {
    /// What it is made of, in order.
    fn pieces(&self) -> [&str; 4] {
        let mode = match self.mode {
            Mode::Managed => "",
            Mode::Data => "data.",
            Mode::Ephemeral => "ephemeral.",
        };
        [mode, self.kind, ".", &self.name]
    }

    /// Appends it to a text; there are some for each argument, and formatting takes four times as long.
    pub(crate) fn write(&self, out: &mut String) {
        out.extend(self.pieces());
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().into_iter().try_for_each(|piece| out.write_str(piece))
    }
}

impl ModuleName {
    /// A domain's module for one region, in `modules/<region>/<domain>`.
    #[must_use]
    pub const fn regional(domain: &'static str, region: Region) -> Self {
        Self { domain, region, scope: Scope::Regional }
    }

    /// A module that serves both regions, in `modules/global/<domain>`; its provider is that of `region`.
    #[must_use]
    pub const fn global(domain: &'static str, region: Region) -> Self {
        Self { domain, region, scope: Scope::Global }
    }

    /// The domain, such as `networking`.
    #[must_use]
    pub const fn domain(self) -> &'static str {
        self.domain
    }

    /// The region whose provider the module is given.
    #[must_use]
    pub const fn region(self) -> Region {
        self.region
    }

    /// The module call's name in the root, such as `networking_us_east_1` or `dns`.
    #[must_use]
    pub fn call(self) -> String {
        match self.scope {
            Scope::Regional => format!("{}_{}", self.domain, self.region.identifier()),
            Scope::Global => self.domain.to_owned(),
        }
    }

    /// The directory under the output tree, such as `modules/us-east-1/networking`.
    #[must_use]
    pub fn directory(self) -> String {
        match self.scope {
            Scope::Regional => format!("modules/{}/{}", self.region, self.domain),
            Scope::Global => format!("modules/global/{}", self.domain),
        }
    }

    /// A reference to an attribute of this module's resource `name`. The type of the reference decides
    /// the resource type and the attribute.
    #[must_use]
    pub fn get<A: Attribute>(self, name: impl Into<Cow<'static, str>>) -> Ref<A> {
        Ref::new(self, name)
    }

    /// How this module is called from `other`'s point of view: without the region when both lie in one.
    pub(crate) fn seen_from(self, other: Self) -> String {
        match self.scope {
            Scope::Global => self.domain.to_owned(),
            Scope::Regional if self.region == other.region && other.scope == Scope::Regional => {
                self.domain.to_owned()
            }
            Scope::Regional => self.call(),
        }
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "module.{}", self.call())
    }
}
