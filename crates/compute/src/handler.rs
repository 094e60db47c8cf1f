/// The built-in transaction processor: the files of its deployment package, by their names in it.
/// What it does and needs is in the README of the folder they come from.
pub const HANDLER: &[(&str, &[u8])] = &[
    ("config.py", include_bytes!("../lambda/config.py")),
    ("database.py", include_bytes!("../lambda/database.py")),
    ("handler.py", include_bytes!("../lambda/handler.py")),
    ("health.py", include_bytes!("../lambda/health.py")),
    ("log.py", include_bytes!("../lambda/log.py")),
    ("processor.py", include_bytes!("../lambda/processor.py")),
    ("state.py", include_bytes!("../lambda/state.py")),
    ("transaction.py", include_bytes!("../lambda/transaction.py")),
    ("web.py", include_bytes!("../lambda/web.py")),
];

#[cfg(test)]
mod tests {
    use super::HANDLER;

    #[test]
    fn the_package_holds_every_module_of_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/lambda");
        let names = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut modules: Vec<_> = names.filter(|name| name.ends_with(".py")).collect();
        modules.sort();
        assert_eq!(HANDLER.iter().map(|(name, _)| *name).collect::<Vec<_>>(), modules);
    }
}
