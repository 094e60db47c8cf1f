//! Few names for many things.

/// For each thing one of a few names, or none.
#[derive(Default)]
pub(crate) struct Interned {
    names: Vec<String>,
    /// For each thing the place of its name in `names`, counted from one; zero if it has none.
    of: Vec<u32>,
}

impl Interned {
    pub(crate) fn with_capacity(things: usize) -> Self {
        Self { names: Vec::new(), of: Vec::with_capacity(things) }
    }

    /// Adds the next thing.
    pub(crate) fn push(&mut self, name: Option<&str>) {
        let place = name.map_or(0, |name| self.place(name));
        self.of.push(place);
    }

    /// The name of a thing, by its number.
    pub(crate) fn get(&self, thing: usize) -> Option<&str> {
        let place = self.of.get(thing)?.checked_sub(1)?;
        self.names.get(place as usize).map(String::as_str)
    }

    /// The place of a name; there are few, so they are looked through.
    fn place(&mut self, name: &str) -> u32 {
        let known = self.names.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        u32::try_from(index + 1).unwrap_or_default()
    }
}
