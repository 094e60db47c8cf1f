use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use crate::kind::Kind;
use crate::target::Target;
use crate::template::Expression;
use crate::{Address, ModuleName, Template};

/// An attribute that Terraform knows after apply, typed by what it identifies: `Ref<Subnet>` is the id of a subnet,
/// `Ref<Arn<KmsKey>>` the ARN of a key.
pub struct Ref<A> {
    target: Target,
    of: PhantomData<fn() -> A>,
}

/// What a [`Ref`] may be typed by: one attribute of one resource type.
pub trait Attribute {
    /// The resource type that has the attribute.
    type Of: Kind;
    /// The attribute's name.
    const NAME: &'static str;
    /// Terraform's type constraint for a variable that carries it.
    const TYPE: &'static str = "string";
}

/// A block of a resource type, as a serde struct whose fields are named as the provider names its arguments.
///
/// Nested structs are blocks and are written as arrays; maps are attributes; `None` is left out.
pub trait Resource: Serialize {
    /// The resource type.
    type Kind: Kind;
}

impl<A: Attribute> Ref<A> {
    /// The attribute `A` of the resource that `module` declares under `name`. Whether it exists is
    /// checked when the stack is rendered.
    #[must_use]
    pub fn new(module: ModuleName, name: impl Into<Cow<'static, str>>) -> Self {
        let address = Address { mode: A::Of::MODE, kind: A::Of::TYPE, name: name.into() };
        let target =
            Target { module, address, attribute: A::NAME, constraint: A::TYPE, after: Vec::new() };
        Self { target, of: PhantomData }
    }

    /// Another attribute of the same resource.
    #[must_use]
    pub fn attribute<B: Attribute<Of = A::Of>>(&self) -> Ref<B> {
        Ref::new(self.target.module, self.target.address.name.clone())
    }
}

impl<A> Ref<A> {
    /// The address of the resource inside its module.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.target.address
    }

    /// The module that declares the resource.
    #[must_use]
    pub const fn module(&self) -> ModuleName {
        self.target.module
    }

    /// The same value, held back from other modules until `others` of the same module are ready: the output that
    /// carries it gets a `depends_on`. Inside its own module it makes no difference; use
    /// [`Entry::depends_on`](crate::Entry::depends_on) there.
    #[must_use]
    pub fn when_ready(mut self, others: impl IntoIterator<Item = Address>) -> Self {
        self.target.after.extend(others);
        self.target.after.sort();
        self.target.after.dedup();
        self
    }
}

impl<A> Clone for Ref<A> {
    fn clone(&self) -> Self {
        Self { target: self.target.clone(), of: PhantomData }
    }
}

impl<A> PartialEq for Ref<A> {
    fn eq(&self, other: &Self) -> bool {
        self.target == other.target
    }
}

impl<A> Eq for Ref<A> {}

impl<A> fmt::Debug for Ref<A> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.target.module, self.target.address, self.target.attribute)
    }
}

impl<A> From<Ref<A>> for Expression {
    fn from(reference: Ref<A>) -> Self {
        Self::from_target(reference.target)
    }
}

impl<A> From<&Ref<A>> for Expression {
    fn from(reference: &Ref<A>) -> Self {
        Self::from_target(reference.target.clone())
    }
}

impl<A> From<Ref<A>> for Template {
    fn from(reference: Ref<A>) -> Self {
        Expression::from(reference).into()
    }
}

impl<A> From<&Ref<A>> for Template {
    fn from(reference: &Ref<A>) -> Self {
        Expression::from(reference).into()
    }
}

impl<A> Serialize for Ref<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Template::from(self).serialize(serializer)
    }
}
