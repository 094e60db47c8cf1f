//! Answers that are worked out once.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::HashMap;

/// Answers by question, shared by the threads that ask.
#[derive(Debug)]
pub(super) struct Memo<Question, Answer: ?Sized>(RwLock<HashMap<Question, Arc<Answer>>>);

impl<Question, Answer: ?Sized> Default for Memo<Question, Answer> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<Question: Hash + Eq, Answer: ?Sized> Memo<Question, Answer> {
    /// The answer that is known, or the one that is worked out now. Threads that ask the same at the same time may both
    /// work it out; all get the same answer.
    pub(super) fn get<Asked>(
        &self,
        question: &Asked,
        work_out: impl FnOnce() -> Arc<Answer>,
    ) -> Arc<Answer>
    where
        Question: Borrow<Asked>,
        Asked: Hash + Eq + ToOwned<Owned = Question> + ?Sized,
    {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known.get(question) {
            return Arc::clone(answer);
        }
        drop(known);
        let answer = work_out();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(question.to_owned()).or_insert(answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_worked_out_once() {
        let memo: Memo<String, str> = Memo::default();
        assert_eq!(&*memo.get("one", || Arc::from("1")), "1");
        assert_eq!(&*memo.get("one", || Arc::from("another")), "1");
        assert_eq!(&*memo.get("two", || Arc::from("2")), "2");
    }
}
