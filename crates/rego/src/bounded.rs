//! Runs what may take too long or nest too deeply.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::error::{PolicyError, Problem};

/// Enough for the evaluation of as many rules as there may be, each asking the next. Only what is used takes memory.
const STACK: usize = 512 << 20;

/// Runs a function on a thread of its own and gives up on it after a time. The thread that is given up on ends with
/// the process: nothing inside regorus can be interrupted while it parses.
pub(crate) fn run<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, PolicyError> + Send + 'static,
) -> Result<T, PolicyError> {
    let (sender, receiver) = channel();
    thread::Builder::new()
        .name("rego".to_owned())
        .stack_size(STACK)
        // The receiver is gone when nobody waits any more.
        .spawn(move || drop(sender.send(work())))
        .map_err(|error| PolicyError::nowhere(Problem::Broken(error.to_string())))?;
    receiver.recv_timeout(limit).unwrap_or_else(|error| {
        Err(PolicyError::nowhere(match error {
            RecvTimeoutError::Timeout => Problem::TooLong(limit),
            RecvTimeoutError::Disconnected => {
                Problem::Broken("it ended without a result".to_owned())
            }
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_up_on_what_takes_too_long() {
        let limit = Duration::from_millis(20);
        let error = run(limit, || {
            thread::sleep(Duration::from_secs(30));
            Ok(())
        });
        assert!(matches!(error.unwrap_err().problem, Problem::TooLong(_)));
        assert_eq!(run(Duration::from_secs(30), || Ok(7)).unwrap(), 7);
    }

    #[test]
    fn survives_a_panic() {
        let error = run(Duration::from_secs(30), || -> Result<(), _> { panic!("inside") });
        assert!(matches!(error.unwrap_err().problem, Problem::Broken(_)));
    }
}
