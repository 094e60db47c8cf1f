use std::fmt;

/// The period of every alarm in seconds: most of the metrics watched here are emitted once a minute.
pub(crate) const PERIOD: u32 = 60;
/// How many periods an alarm looks at.
pub(crate) const EVALUATIONS: u32 = 2;
/// How long an alarm takes to notice.
const DETECTION: u32 = PERIOD * EVALUATIONS;
/// How long a managed failover of Aurora takes, in seconds; AWS speaks of minutes, five are assumed.
const PROMOTION: u32 = 300;
/// How long the writer's endpoint takes to point at the new writer: a TTL and a minute's propagation, assumed.
const ENDPOINT: u32 = 65;
/// How long a person takes to see that the service is back, assumed.
const VERIFICATION: u32 = 100;
/// The shortest lag that is worth an alarm: below it, ordinary bursts would ring.
const LAG_MIN: u32 = 60;

/// What may be lost and how long it may take, from which the thresholds follow.
///
/// ```
/// use drstack_monitoring::Objectives;
///
/// let objectives = Objectives::new(300, 900)?;
/// assert_eq!(objectives.lag(), 180);
/// assert_eq!(objectives.queue_age(), 90);
/// assert_eq!(objectives.decision(), 315);
/// # Ok::<(), drstack_monitoring::ObjectivesError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objectives {
    rpo: u32,
    rto: u32,
}

/// Why objectives were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ObjectivesError {
    /// The alarms would ring too late.
    #[error(
        "an RPO of {found} s can't be watched: alarms take {DETECTION} s to notice, and a lag below {LAG_MIN} s is \
         ordinary; expected at least {} s",
        DETECTION + LAG_MIN
    )]
    Rpo {
        /// What was given, in seconds.
        found: u32,
    },
    /// Detection and promotion alone take longer.
    #[error(
        "an RTO of {found} s can't be met: noticing, promoting and verifying take {} s before anyone decides; \
         expected at least that",
        DETECTION + PROMOTION + ENDPOINT + VERIFICATION
    )]
    Rto {
        /// What was given, in seconds.
        found: u32,
    },
}

impl Objectives {
    /// The recovery point and the recovery time objective, in seconds.
    ///
    /// # Errors
    /// When the RPO is too short for an alarm to ring inside it, or the RTO for a failover of Aurora.
    pub const fn new(rpo: u32, rto: u32) -> Result<Self, ObjectivesError> {
        if rpo < DETECTION + LAG_MIN {
            return Err(ObjectivesError::Rpo { found: rpo });
        }
        if rto < DETECTION + PROMOTION + ENDPOINT + VERIFICATION {
            return Err(ObjectivesError::Rto { found: rto });
        }
        Ok(Self { rpo, rto })
    }

    /// The lag in seconds that is an alarm: what is left of the RPO once the alarm has noticed. `RPO - period x evaluations`.
    #[must_use]
    pub const fn lag(self) -> u32 {
        self.rpo - DETECTION
    }

    /// The age in seconds of a waiting message that is an alarm: half of the lag, since what waits in the queue has its
    /// replication still before it, and a queue does not replicate at all.
    #[must_use]
    pub const fn queue_age(self) -> u32 {
        self.lag() / 2
    }

    /// How long, in seconds, a person may take to decide on a failover. `RTO - (detection + promotion + endpoint + verification)`, of
    /// which promotion, endpoint and verification are assumed to take 300 s, 65 s and 100 s.
    #[must_use]
    pub const fn decision(self) -> u32 {
        self.rto - (DETECTION + PROMOTION + ENDPOINT + VERIFICATION)
    }
}

impl Default for Objectives {
    /// An RPO of 5 minutes and an RTO of 15.
    fn default() -> Self {
        Self { rpo: 300, rto: 900 }
    }
}

impl fmt::Display for Objectives {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RPO {} s, RTO {} s", self.rpo, self.rto)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_what_new_accepts() {
        assert_eq!(Objectives::new(300, 900), Ok(Objectives::default()));
        assert_eq!(Objectives::default().to_string(), "RPO 300 s, RTO 900 s");
    }

    #[test]
    fn objectives_that_alarms_cannot_serve_are_refused() {
        assert!(Objectives::new(180, 585).is_ok());
        let rpo = Objectives::new(179, 900).unwrap_err();
        assert!(rpo.to_string().ends_with("expected at least 180 s"), "{rpo}");
        let rto = Objectives::new(300, 584).unwrap_err();
        assert!(rto.to_string().contains("take 585 s before anyone decides"), "{rto}");
    }

    #[test]
    fn an_alarm_rings_inside_the_rpo() {
        for rpo in [180, 300, 3_600] {
            let objectives = Objectives::new(rpo, 900).unwrap();
            assert_eq!(objectives.lag() + PERIOD * EVALUATIONS, rpo);
        }
    }
}
