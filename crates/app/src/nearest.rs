//! What somebody probably meant.

/// The candidate that is nearest to a word that is none of them, unless it is another word altogether.
#[must_use]
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(word.len()) / 2)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_near_and_another_word_is_not() {
        let keys = ["name", "profile", "regions"];
        assert_eq!(nearest("regons", keys), Some("regions"));
        assert_eq!(nearest("porfile", keys), Some("profile"));
        assert_eq!(nearest("kubernetes", keys), None);
    }
}
